"""No element that camt.053.001.08 lets a bank leave out is needed, and the document says what becomes of each."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest

from service.adapters.bank.camt.statements import read_camt
from service.partner_facts.bank import BankStatement

IMPORTING = (Path(__file__).parents[4] / "docs" / "importing.md").read_text()
_NS = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
_DAY = "<Dt><Dt>2025-04-20</Dt></Dt>"
_AMT = '<Amt Ccy="CNY">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'


def _balance(code: str, amount: str, more: str = "") -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry><SubTp><Cd>NOTE</Cd></SubTp></Tp>"
    return f"<Bal>{kind}{_AMT.format(amount)}{_DAY}{more}</Bal>"


# A statement with every optional element that holds a value of its own, after the schema.
FULL = f"""<Document xmlns="{_NS[1:-1]}"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2025-04-21T00:00:00Z</CreDtTm><MsgRcpt><Nm>We</Nm></MsgRcpt>
<MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn><AddtlInf>none</AddtlInf></GrpHdr>
<Stmt><Id>S-1</Id><StmtPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></StmtPgntn><ElctrncSeqNb>7</ElctrncSeqNb>
<RptgSeq><EQSeq>7</EQSeq></RptgSeq><LglSeqNb>7</LglSeqNb><CreDtTm>2025-04-21T00:00:00Z</CreDtTm>
<FrToDt><FrDtTm>2025-04-20T00:00:00Z</FrDtTm><ToDtTm>2025-04-20T23:59:59Z</ToDtTm></FrToDt>
<CpyDplctInd>COPY</CpyDplctInd><RptgSrc><Cd>ACCT</Cd></RptgSrc>
<Acct><Id><Othr><Id>ICBC-1</Id><SchmeNm><Cd>BBAN</Cd></SchmeNm><Issr>ICBC</Issr></Othr></Id><Tp><Cd>CACC</Cd></Tp>
<Ccy>CNY</Ccy><Nm>Ours</Nm><Ownr><Nm>We</Nm></Ownr><Svcr><FinInstnId><BICFI>ICBKCNBJ</BICFI></FinInstnId></Svcr></Acct>
<RltdAcct><Id><Othr><Id>ICBC-2</Id></Othr></Id></RltdAcct><Intrst><Rsn>none</Rsn></Intrst>
{_balance("OPBD", "100.00")}{_balance("CLBD", "142.00", "<Avlbty><Dt><NbOfDays>1</NbOfDays></Dt></Avlbty>")}
{_balance("CLAV", "1.00")}{_balance("FWAV", "2.00")}{_balance("ITBD", "120.00")}
<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>
<Ntry><NtryRef>1</NtryRef>{_AMT.format("30.00")}<RvslInd>false</RvslInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><DtTm>2025-04-20T10:00:00Z</DtTm></BookgDt><ValDt><Dt>2025-04-20</Dt></ValDt><AcctSvcrRef>A1</AcctSvcrRef>
<Avlbty><Dt><NbOfDays>1</NbOfDays></Dt></Avlbty>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>
<ComssnWvrInd>false</ComssnWvrInd><AddtlInfInd><MsgNmId>camt.054</MsgNmId></AddtlInfInd>
<AmtDtls><TxAmt><Amt Ccy="CNY">30.00</Amt></TxAmt></AmtDtls><TechInptChanl><Cd>FAXI</Cd></TechInptChanl>
<Intrst><TtlIntrstAndTaxAmt Ccy="CNY">0.00</TtlIntrstAndTaxAmt></Intrst><CardTx><Card></Card></CardTx>
<NtryDtls><Btch><MsgId>B1</MsgId><PmtInfId>PI-1</PmtInfId><NbOfTxs>1</NbOfTxs><TtlAmt Ccy="CNY">30.00</TtlAmt>
<CdtDbtInd>CRDT</CdtDbtInd></Btch>
<TxDtls><Refs><MsgId>B1</MsgId><AcctSvcrRef>A1</AcctSvcrRef><PmtInfId>PI-1</PmtInfId><InstrId>I1</InstrId>
<EndToEndId>E1</EndToEndId><TxId>T1</TxId><MndtId>MD</MndtId><ChqNb>1</ChqNb></Refs>{_AMT.format("30.00")}
<AmtDtls><InstdAmt><Amt Ccy="USD">4.20</Amt></InstdAmt><TxAmt><Amt Ccy="CNY">30.00</Amt></TxAmt></AmtDtls>
<Avlbty><Dt><NbOfDays>1</NbOfDays></Dt></Avlbty><BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>
<RltdPties><Dbtr><Pty><Nm>Li</Nm></Pty></Dbtr></RltdPties><RltdAgts></RltdAgts><Purp><Cd>GDDS</Cd></Purp>
<RltdRmtInf><RmtId>R1</RmtId></RltdRmtInf><RmtInf><Ustrd>a text</Ustrd><Strd>
<RfrdDocInf><Nb>INV-1</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf><AddtlRmtInf>more</AddtlRmtInf></Strd></RmtInf>
<RltdDts><IntrBkSttlmDt>2025-04-20</IntrBkSttlmDt></RltdDts><Tax></Tax>
<AddtlTxInf>a text</AddtlTxInf></TxDtls></NtryDtls>
<AddtlNtryInf>a text</AddtlNtryInf></Ntry>
<Ntry>{_AMT.format("12.00")}<Sts><Cd>BOOK</Cd></Sts><BkTxCd></BkTxCd></Ntry>
<AddtlStmtInf>a text</AddtlStmtInf></Stmt></BkToCstmrStmt></Document>"""
_ENTRY, _DETAIL = "Stmt/Ntry", "Stmt/Ntry/NtryDtls/TxDtls"
OPTIONAL = [
    *(f"GrpHdr/{tag}" for tag in ("MsgRcpt", "MsgPgntn", "AddtlInf")),
    *(f"Stmt/{tag}" for tag in (
        "StmtPgntn", "ElctrncSeqNb", "RptgSeq", "LglSeqNb", "CreDtTm", "FrToDt", "CpyDplctInd", "RptgSrc", "RltdAcct",
        "Intrst", "TxsSummry", "AddtlStmtInf", "Acct/Tp", "Acct/Ccy", "Acct/Nm", "Acct/Ownr", "Acct/Svcr",
        "Acct/Id/Othr/SchmeNm", "Acct/Id/Othr/Issr", "Bal/Tp/SubTp", "Bal/Avlbty",
    )),
    *(f"{_ENTRY}/{tag}" for tag in (
        "NtryRef", "RvslInd", "BookgDt", "ValDt", "AcctSvcrRef", "Avlbty", "BkTxCd/Domn", "BkTxCd/Prtry",
        "ComssnWvrInd", "AddtlInfInd", "AmtDtls", "TechInptChanl", "Intrst", "CardTx", "NtryDtls",
        "NtryDtls/Btch", "NtryDtls/TxDtls",
        "NtryDtls/Btch/MsgId", "NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/NbOfTxs", "NtryDtls/Btch/TtlAmt",
        "NtryDtls/Btch/CdtDbtInd", "AddtlNtryInf",
    )),
    *(f"{_DETAIL}/{tag}" for tag in (
        "Refs", "Amt", "CdtDbtInd", "AmtDtls", "AmtDtls/InstdAmt", "AmtDtls/TxAmt", "Avlbty", "BkTxCd", "RltdPties",
        "RltdAgts", "Purp", "RltdRmtInf", "RmtInf", "RmtInf/Ustrd", "RmtInf/Strd", "RmtInf/Strd/RfrdDocInf",
        "RmtInf/Strd/CdtrRefInf", "RmtInf/Strd/AddtlRmtInf", "RltdDts", "Tax", "AddtlTxInf", "Refs/MsgId",
        "Refs/AcctSvcrRef", "Refs/PmtInfId", "Refs/InstrId", "Refs/EndToEndId", "Refs/TxId", "Refs/MndtId",
        "Refs/ChqNb",
    )),
]  # fmt: skip
# Further elements of the schema under these, which the statement above does not have.
OTHERS = (
    "OrgnlBizQry", "PgNb", "LastPgInd", "ToDtTm", "FrDtTm", "CdtLine", "Chrgs", "TtlChrgsAndTaxAmt", "Rcrd",
    "ChrgInclInd", "LclInstrm", "RltdPric", "RltdQties", "FinInstrmId", "RtrInf/Rsn", "CorpActn", "SfkpgAcct",
    "CshDpst", "SplmtryData",
    "UETR", "ClrSysRef", "AcctOwnrTxId", "AcctSvcrTxId", "MktInfrstrctrTxId", "PrcgId", "CntrValAmt", "AnncdPstngAmt",
    "PrtryAmt", "CcyXchg", "RfrdDocAmt", "Invcr", "Invcee", "TaxRmt", "GrnshmtRmt",
)  # fmt: skip


def document(*paths: str) -> bytes:
    """The statement without all elements of these paths."""
    root = fromstring(FULL)
    for path in paths:
        above, _, tag = f"BkToCstmrStmt/{path}".rpartition("/")
        found = [(parent, each) for parent in root.findall(_named(above)) for each in parent.findall(_named(tag))]
        assert found, path
        for parent, each in found:
            parent.remove(each)
    return tostring(root)


def _named(path: str) -> str:
    return "/".join(_NS + tag for tag in path.split("/"))


def read(content: bytes) -> BankStatement:
    (statement,) = read_camt("s.xml", content).statements
    return statement


def money(statement: BankStatement) -> list[str]:
    return [str(each) for each in (statement.opening, *(each.amount for each in statement.entries), statement.closing)]


@pytest.mark.parametrize("path", OPTIONAL)
def test_an_element_that_may_be_left_out_is_not_needed(path: str) -> None:
    statement = read(document(path))
    assert (money(statement), statement.unread) == (["CNY 100.00", "CNY 30.00", "CNY 12.00", "CNY 142.00"], ())


def test_all_that_may_be_left_out_may_be_left_out_together() -> None:
    outermost = [path for path in OPTIONAL if not any(path.startswith(f"{other}/") for other in OPTIONAL)]
    assert money(read(document(*outermost))) == ["CNY 100.00", "CNY 30.00", "CNY 12.00", "CNY 142.00"]


@pytest.mark.parametrize("tag", sorted({path.rpartition("/")[2] for path in OPTIONAL} | {*OTHERS}))
def test_the_document_says_what_becomes_of_an_element(tag: str) -> None:
    assert f"`{tag}`" in IMPORTING or f"/{tag}`" in IMPORTING or f"`{tag}/" in IMPORTING or f"/{tag}/" in IMPORTING


def _swapped(old: str, new: str) -> bytes:
    assert old in FULL
    return FULL.replace(old, new).encode()


@pytest.mark.parametrize("written", ["<Sts>BOOK</Sts>", "<Sts><Prtry>BOOK</Prtry></Sts>", "<Sts><Cd> BOOK </Cd></Sts>"])
def test_a_status_may_be_written_in_each_way_of_the_schema(written: str) -> None:
    assert len(read(_swapped("<Sts><Cd>BOOK</Cd></Sts>", written)).entries) == 2


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
def test_what_is_not_booked_yet_is_no_movement(status: str) -> None:
    pending = f"<Ntry>{_AMT.format('7.00')}<Sts><Cd>{status}</Cd></Sts><BkTxCd></BkTxCd></Ntry><AddtlStmtInf>"
    statement = read(_swapped("<AddtlStmtInf>", pending))
    assert (len(statement.entries), statement.unread) == (2, ())


def test_an_entry_of_a_status_that_nobody_knows_is_kept() -> None:
    odd = f"<Ntry>{_AMT.format('7.00')}<Sts><Prtry>ODD</Prtry></Sts><BkTxCd></BkTxCd></Ntry><AddtlStmtInf>"
    statement = read(_swapped("<AddtlStmtInf>", odd))
    assert (len(statement.entries), ["'ODD'" in each.reason for each in statement.unread]) == (2, [True])


def test_a_type_of_balance_may_stand_where_banks_write_their_own() -> None:
    assert money(read(_swapped("<Cd>OPBD</Cd>", "<Prtry>OPBD</Prtry>")))[0] == "CNY 100.00"


@pytest.mark.parametrize("broken", ['<Amt Ccy="CNY">1.42e2</Amt>', '<Amt Ccy="XXY">142.00</Amt>', "<Amt>142.00</Amt>"])
@pytest.mark.parametrize("amount", ["100.00", "142.00"])
def test_one_balance_that_cannot_be_read_is_kept_and_follows_from_the_rest(amount: str, broken: str) -> None:
    statement = read(_without_interim(_swapped(f'<Amt Ccy="CNY">{amount}</Amt>', broken)))
    assert (money(statement), len(statement.unread)) == (["CNY 100.00", "CNY 30.00", "CNY 12.00", "CNY 142.00"], 1)


def _without_interim(content: bytes) -> bytes:
    return content.replace(_balance("ITBD", "120.00").encode(), b"")


def test_a_closing_day_that_cannot_be_read_is_that_of_another_balance() -> None:
    closing = _balance("CLBD", "142.00", "<Avlbty>")
    head = closing[: closing.index("<Avlbty>")]
    statement = read(_swapped(head, head.replace("2025-04-20", "20.4.2025")))
    assert (statement.closed_on.isoformat(), len(statement.entries), len(statement.unread)) == ("2025-04-20", 2, 1)


def test_payments_of_several_details_are_a_movement_each() -> None:
    one = f"<NtryDtls><TxDtls>{_AMT.format('5.00')}</TxDtls></NtryDtls>"
    other = '<NtryDtls><TxDtls><Amt Ccy="USD">1.00</Amt><AmtDtls><CntrValAmt><Amt Ccy="CNY">7.00</Amt></CntrValAmt></AmtDtls></TxDtls></NtryDtls>'  # noqa: E501
    statement = read(_swapped("<BkTxCd></BkTxCd></Ntry>", f"<BkTxCd></BkTxCd>{one}{other}</Ntry>"))
    assert money(statement)[2:-1] == ["CNY 5.00", "CNY 7.00"]


def test_an_invoice_that_a_payment_names_is_a_reference_of_it() -> None:
    assert "INV-1" in read(FULL.encode()).entries[0].references


def _tags(element: Element) -> set[str]:
    return {each.tag.removeprefix(_NS) for each in element.iter()}


def test_every_element_of_the_statement_above_stands_in_the_document() -> None:
    unsaid = {tag for tag in _tags(fromstring(FULL)) if f"{tag}`" not in IMPORTING and f"{tag}/" not in IMPORTING}
    inner = {
        "Document", "BkToCstmrStmt", "EQSeq", "FinInstnId", "BICFI", "Rsn", "NbOfDays", "TtlNtries", "NbOfNtries",
        "Fmly",
        "SubFmlyCd", "MsgNmId", "TtlIntrstAndTaxAmt", "Card", "Dbtr", "Pty", "RmtId", "IntrBkSttlmDt",
    }  # fmt: skip
    assert unsaid <= inner


@pytest.mark.parametrize("version", range(2, 14))
def test_a_statement_is_read_in_every_version_that_has_its_elements(version: int) -> None:
    content = FULL.replace("camt.053.001.08", f"camt.053.001.{version:02}").encode()
    found = read_camt("f.xml", content)
    assert (len(found.statements[0].entries), found.unread) == (2, [])
