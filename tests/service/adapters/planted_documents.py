"""Bad elements in the messages of banks (ISO 20022)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from xml.etree.ElementTree import Element, fromstring, tostring

from ledger.money import Money
from projections.reconciliation.expected_at_bank import Expectation
from service.adapters.bank.camt.statements import read_camt
from service.adapters.bank.pain002 import read_pain002
from service.intake.payment_answers import spread
from service.partner_facts.bank import BankStatementsReported, PayoutStatusReported
from service.partner_facts.files import RawFile
from service.partner_reports.file_references import FileReferences
from service.partner_reports.table import rows_of
from tests.service.adapters.planted import LAST, NOW, Form, Found, Plant, recorded

_TEXTS = ("", "x", "\u0663", "-1.00", "1e3", "9999-12-31", "99999999999999999999", "x" * 3000)
_CURRENCIES = ("", "USD")


@dataclass(frozen=True)
class Document:
    """A document whose items are elements `of_item`; in `within` elements a bad value may cost all items there."""

    name: str
    read: Callable[[bytes], Found]
    text: str
    of_item: str
    within: tuple[str, ...]
    named_by: Callable[[Element], str]
    kept_whole: frozenset[str] = frozenset()  # elements without which the sums of a statement do not follow

    @property
    def form(self) -> Form:
        root = fromstring(self.text)
        return Form(self.name, self.read, self.text.encode(), tuple(self._names(root)), self.plants)

    def plants(self) -> Iterator[Plant]:
        """Yields the plants at every element but the root; of elements that stand in every item, the first one."""
        seen: Counter[tuple[str, ...]] = Counter()
        root = fromstring(self.text)
        parents = {child: parent for parent in root.iter() for child in parent}
        for place, each in enumerate(root.iter()):
            seen[path := tuple(_path(each, parents))] += 1
            if each is not root and seen[path] == 1:
                yield from self._at(place, each)

    def _at(self, place: int, element: Element) -> Iterator[Plant]:
        tag = _tag(element)
        for value in _TEXTS if not len(element) else ():
            yield self._plant(place, f"{tag} is {value[:12]!r}", partial(_say, value))
        for code in _CURRENCIES if "Ccy" in element.attrib else ():
            yield self._plant(place, f"Ccy is {code!r}", partial(_name, code))
        if tag not in (*self.within, self.of_item):
            yield self._plant(place, f"{tag} is missing", lambda each, parent: parent.remove(each))
            yield self._plant(place, f"{tag} stands twice", lambda each, parent: parent.append(deepcopy(each)))
            yield self._plant(place, f"{tag} is empty", lambda each, _: each.clear())
        yield self._plant(place, f"{tag} holds another element", lambda each, _: each.append(Element("Odd")))

    def _plant(self, place: int, where: str, change: Callable[[Element, Element], object]) -> Plant:
        root = fromstring(self.text)
        parents = {child: parent for parent in root.iter() for child in parent}
        each = [*root.iter()][place]
        costs = self._costs(each, parents)
        change(each, parents[each])
        return Plant(f"{where} ({place})", tostring(root), costs)

    def _costs(self, each: Element, parents: dict[Element, Element]) -> frozenset[str]:
        above: Element | None = each
        while above is not None:
            if _tag(above) in (self.of_item, *self.within):
                return frozenset(self._names(above))
            above = parents.get(above)
        return frozenset()

    def _names(self, root: Element) -> Iterator[str]:
        for item in root.iter():
            if _tag(item) == self.of_item:
                yield self.named_by(item)


def _say(value: str, element: Element, _: Element) -> None:
    element.text = value


def _name(currency: str, element: Element, _: Element) -> None:
    element.set("Ccy", currency)


def _path(element: Element, parents: dict[Element, Element]) -> Iterator[str]:
    above: Element | None = element
    while above is not None:
        yield _tag(above)
        above = parents.get(above)


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


_BALANCE = """
<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><CdtLine><Incl>false</Incl></CdtLine><Amt Ccy="CNY">{amount}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2025-04-20</Dt></Dt></Bal>"""
_ENTRY = """
<Ntry><NtryRef>N{n}</NtryRef><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>false</RvslInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2025-04-20</Dt></BookgDt><ValDt><DtTm>2025-04-20T10:00:00Z</DtTm></ValDt>
<AcctSvcrRef>A{n}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>
</BkTxCd><Chrgs><TtlChrgsAndTaxAmt Ccy="CNY">1.00</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="CNY">1.00</Amt>
<CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>
<NtryDtls><Btch><MsgId>M{n}</MsgId><PmtInfId>P{n}</PmtInfId><NbOfTxs>1</NbOfTxs></Btch><TxDtls><Refs>
<EndToEndId>E{n}</EndToEndId><InstrId>I{n}</InstrId></Refs><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<AmtDtls><TxAmt><Amt Ccy="CNY">{amount}</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>text {n}</Ustrd><Strd><RfrdDocInf>
<Nb>D{n}</Nb></RfrdDocInf><CdtrRefInf><Ref>C{n}</Ref></CdtrRefInf></Strd></RmtInf><RtrInf><Rsn><Cd>AC04</Cd></Rsn>
</RtrInf></TxDtls></NtryDtls><AddtlNtryInf>further {n}</AddtlNtryInf></Ntry>"""
_STATEMENT = """
<Stmt><Id>S-{n}</Id><StmtPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></StmtPgntn><ElctrncSeqNb>{n}</ElctrncSeqNb>
<CreDtTm>2025-04-21T00:00:00Z</CreDtTm><FrToDt><FrDtTm>2025-04-20T00:00:00Z</FrDtTm><ToDtTm>2025-04-20T23:59:59Z</ToDtTm>
</FrToDt><Acct><Id><Othr><Id>ICBC-{n}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{balances}{entries}</Stmt>"""


def _camt_text() -> str:
    statements = ""
    for n in (1, 2):
        amounts = [f"{n}{m}.00" for m in (1, 2)]
        balances = _BALANCE.format(code="OPBD", amount="100.00")
        balances += _BALANCE.format(code="CLBD", amount=f"{100 + 20 * n + 3}.00")
        entries = "".join(_ENTRY.format(n=f"{n}{m}", amount=amount) for m, amount in enumerate(amounts, 1))
        statements += _STATEMENT.format(n=n, balances=balances, entries=entries)
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId>
<CreDtTm>2025-04-21T00:00:00Z</CreDtTm></GrpHdr>{statements}</BkToCstmrStmt></Document>"""


def _camt(content: bytes) -> Found:
    found = read_camt("f.xml", content, last=LAST)
    reported = BankStatementsReported("bank", RawFile("f.xml", content), tuple(found.statements))
    rows = rows_of(reported, FileReferences(now=NOW))
    unread = [*found.unread, *(item for each in found.statements for item in each.unread)]
    return Found(
        [str(entry.amount) for each in found.statements for entry in each.entries],
        recorded(rows, unread, system="bank"),
    )


CAMT = Document("camt.053", _camt, _camt_text(), "Ntry", ("Stmt", "BkToCstmrStmt"), lambda item: f"CNY {item[1].text}")


_TRANSFER = """
<TxInfAndSts><StsId>S{n}</StsId><OrgnlInstrId>I{n}</OrgnlInstrId><OrgnlEndToEndId>P-{n}</OrgnlEndToEndId>
<TxSts>{status}</TxSts><StsRsnInf><Orgtr><Nm>Bank</Nm></Orgtr><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>text</AddtlInf></StsRsnInf>
<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">1.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"""
_PAYMENTS = tuple(f"P-{n}" for n in range(1, 7))


def _pain_text() -> str:
    """A message of six payouts: four with a status of their own, and two with that of their block or message."""
    blocks = ""
    for n, statuses in (("1", ("ACSP", "RJCT")), ("2", ("ACSC", "PDNG"))):
        transfers = "".join(_TRANSFER.format(n=2 * int(n) - 1 + m, status=status) for m, status in enumerate(statuses))
        blocks += f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-{n}</OrgnlPmtInfId>{transfers}</OrgnlPmtInfAndSts>"
    blocks += "<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-3</OrgnlPmtInfId><PmtInfSts>ACCP</PmtInfSts></OrgnlPmtInfAndSts>"
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>A1</MsgId>
<CreDtTm>2025-04-21T00:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>RL-1</OrgnlMsgId>
<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>ACCP</GrpSts></OrgnlGrpInfAndSts>{blocks}</CstmrPmtStsRpt></Document>"""


def _pain(content: bytes) -> Found:
    written = {"RL-1": _PAYMENTS, "B-3": ("P-5",)}
    answer = spread(read_pain002("f.xml", content), lambda message: written.get(message, ()))
    amount, file = Money.of("-1.00", "CNY"), RawFile("f.xml", content)
    payouts = {name: Expectation(name, "payout", name, 1, "payouts/M-1", "M-1", amount, LAST) for name in _PAYMENTS}
    known = FileReferences(now=NOW, payouts=payouts)
    rows = [row for each in answer.transfers for row in rows_of(PayoutStatusReported("bank", file, each), known)]
    ours = [each.name for each in answer.transfers if each.name in _PAYMENTS[:4]]
    strangers = [each.unread("not one of ours") for each in answer.transfers if each.name not in payouts]
    return Found(ours, recorded(rows, [*answer.unread, *strangers], system="bank"))


def _end_to_end(item: Element) -> str:
    return next((each.text or "" for each in item if _tag(each) == "OrgnlEndToEndId"), "")


_BLOCKS = ("OrgnlPmtInfAndSts", "OrgnlGrpInfAndSts", "CstmrPmtStsRpt")
PAIN = Document("pain.002", _pain, _pain_text(), "TxInfAndSts", _BLOCKS, _end_to_end)
