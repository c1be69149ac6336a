"""Generates the document of authority: the roles that may submit each command, and in which scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.authority import ROLES, Role
from commands.command import Handler
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from service.docs_from_code.markdown import table

_HEAD = """# Authority

Made from the code by `python -m service.docs_from_code`.

The menu says which roles may submit each command. The bus checks it once, before the command is decided; batches,
imports and proposals pass the same check. Every other role is refused with [`ROLE_NOT_ALLOWED`](refusals.md).

A person of the platform (`kind` platform) has the role that the actor names: `admin`, `finance`, `support` or
`auditor`. An auditor reads and submits no command. Another name of `support` is `platform_cs`; `platform_ops` and
`operations` are other names of `admin`. In this table `platform` stands for a person of the platform whose actor names
no role. A partner, such as a payment provider, a bank, a carrier or a shop, has the role `service`. A merchant, a
buyer, a system and an importer are roles of their own.

*Any*: the role may submit the command about every merchant and order. *Own*: only about its own merchant or orders.
The `scope` of the actor names its merchant, or its buyer as orders name it (`buyer_ref`); without a scope, the actor's
id does. A merchant's own is everything in the merchant's book under that id; a buyer's own is an order that names the
buyer. Everything else is refused with [`SCOPE_NOT_ALLOWED`](refusals.md), if it exists or not.

A command that takes two people is sent inside `propose` and decided by `approve_proposal`. Both people need one of its
roles, and they are never the same person (`MAKER_IS_CHECKER`).

Some checks depend on the state and belong to the decision: round 1 of an unshipped refund needs the merchant and round
2 support; the person who registered a payout account does not verify it; only a buyer, an importer or the person who
requested a refund withdraws the request.

"""


def authority() -> str:
    """Returns the text of `docs/authority.md`."""
    return _HEAD + table(("Command", "Any", "Own", "Two people"), _rows()) + "\n"


def _rows() -> Iterator[tuple[str, str, str, str]]:
    lines: dict[str, Handler] = MENU | PROPOSABLE
    for name, handler in lines.items():
        who = handler.authority
        yield f"`{name}`", _listed(who.any), _listed(who.own), "yes" if who.two_people else ""


def _listed(roles: Iterable[Role]) -> str:
    return ", ".join(role for role in ROLES if role in roles)
