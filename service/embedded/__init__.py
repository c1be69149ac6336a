"""The embedded database: a real PostgreSQL that lives as long as somebody uses its data folder.

```python
with EmbeddedPostgres(Path("data")) as server:
    engine = create_engine(server.url("redledger"))
```
"""

from service.embedded.errors import EmbeddedPostgresError, ServerLost
from service.embedded.launcher import EmbeddedPostgres
from service.embedded.watch import Watch

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "ServerLost", "Watch"]
