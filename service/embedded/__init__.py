"""The embedded database: a real PostgreSQL server that runs as long as a process uses its data folder.

```python
with EmbeddedPostgres(Path("data")) as server:
    engine = create_engine(server.url("redledger"))
```
"""

from service.embedded.errors import EmbeddedPostgresError, ServerLost
from service.embedded.launcher import EmbeddedPostgres
from service.embedded.watch import Watch

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "ServerLost", "Watch"]
