"""The OpenAPI document: the operations that the menu and the registry make, their statuses and examples."""
