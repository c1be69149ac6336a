"""Bank statements for tests: camt.053 version 8 of one account in CNY that opens at 100.00."""

from __future__ import annotations

from collections.abc import Sequence

_ENTRY = """
<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2025-04-20</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>
"""
_STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2025-04-21T00:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>{statement_id}</Id><CreDtTm>2025-04-21T00:00:00Z</CreDtTm><Acct><Id><Othr><Id>ICBC-1</Id></Othr></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{opening}</Amt><CdtDbtInd>{opening_side}</CdtDbtInd>
<Dt><Dt>2025-04-20</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{closing}</Amt><CdtDbtInd>{side}</CdtDbtInd>
<Dt><Dt>2025-04-20</Dt></Dt></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>
"""


def entry(amount: str, *, reference: str = "", text: str = "", code: str = "", details: Sequence[str] = ()) -> str:
    """One booked entry, money that went out where the amount is negative; `details` are the amounts of a batch."""
    parts = "".join(f'<TxDtls><Amt Ccy="CNY">{part}</Amt></TxDtls>' for part in details)
    one = "<TxDtls>"
    one += f"<Refs><EndToEndId>{reference}</EndToEndId></Refs>" if reference else ""
    one += f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>" if text else ""
    one += f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>" if code else ""
    return _ENTRY.format(amount=amount.lstrip("-"), side=_side(amount), details=parts or f"{one}</TxDtls>")


def statement(*entries: str, closing: str, opening: str = "100.00", statement_id: str = "S-1") -> bytes:
    return _STATEMENT.format(
        entries="".join(entries),
        opening=opening.lstrip("-"),
        opening_side=_side(opening),
        closing=closing.lstrip("-"),
        side=_side(closing),
        statement_id=statement_id,
    ).encode()


def _side(amount: str) -> str:
    return "DBIT" if amount.startswith("-") else "CRDT"
