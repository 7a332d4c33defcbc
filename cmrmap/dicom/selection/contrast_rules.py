"""The words that say "native" or "post-contrast", by language; each with examples that a test goes through.

Native rules are tried first, and what they match is taken out before the post-contrast rules are tried: "ohne KM" and
"unenhanced" hold the words "KM" and "enhanced". A description in which both kinds remain decides nothing, and before
either, words are taken out that are about the exam ("with and without contrast") or the patient ("post MI").
"""

# ruff: noqa: RUF001  (letters of other scripts that look like Latin ones)

from __future__ import annotations

import re
from collections.abc import Sequence

from cmrmap.dicom.headers.words import WordRule

#: what is given, in the words and abbreviations of the languages below
_AGENT = (
    r"(contrast\w*|kontras[tc]\w*|gd|gado\w*|gad|km|mdc|pdc|injection|inyeccion|injecao|iniezione"
    r"|gadovist|dotarem|magnevist|prohance|omniscan)"
)


def _rule(
    answer: str, language: str, pattern: str, examples: Sequence[str], not_examples: Sequence[str] = ()
) -> WordRule:
    return WordRule(
        answer, language, re.compile(pattern.replace("AGENT", _AGENT)), tuple(examples), tuple(not_examples)
    )


_WITH = r"(with|w|mit|avec|con|com|met|med|z)"
_WITHOUT = r"(without|w ?o|ohne|sans|sin|senza|sem|zonder|utan|uden|uten|bez)"
_AND = r"( (&|and|or|und|oder|et|ou|y|o|e|en|of|och|og|i))? ?"

#: what sounds like one of the two and is neither
NEUTRAL_WORDS: tuple[WordRule, ...] = (
    _rule(
        "neither",
        "an exam with and without an agent",
        rf"\b{_WITH}{_AND}{_WITHOUT}\b( ?AGENT\b)?|\b{_WITHOUT}{_AND}{_WITH}\b( ?AGENT\b)?",
        ("CARDIAC W WO CONTRAST", "CARDIAC WITH AND WITHOUT GAD", "MRI heart w/o & w contrast", "Herz mit und ohne KM"),
        ("T1 w/o contrast", "T1 with contrast", "T1 avec gado"),
    ),
    _rule(
        "neither",
        "what the patient has had",
        r"\bpost ?(a?mi|n?stemi|infarct\w*|cabg|pci|ptca|tav[ir]|op|operative\w*|surg\w*|ablation|h?tx|transplant\w*"
        r"|cardiac|arrest|rosc|covid\w*|chemo\w*|radiation|myocarditis|viral|vaccin\w*|partum|pericard\w*|stent\w*"
        r"|exercise|stress|proc(ess\w*|essing|essed)?)\b",
        ("Cardiac post MI", "CMR post-CABG", "heart post transplant", "T1 map post-processed"),
        ("MOLLI post", "T1 post 15 min", "T1 post Gd"),
    ),
)

NATIVE_WORDS: tuple[WordRule, ...] = (
    _rule(
        "native",
        "Latin stem nativ-",
        r"\bnati[vf][a-z]*\b",
        ("STONE native T1", "T1 nativ", "MOLLI_nativo", "T1 natif"),
        ("alternative T1",),
    ),
    _rule(
        "native",
        "prefix pre",
        r"\bpre ?AGENT\b|\bpre\b",
        ("T1_MOLLI_PRE", "T1map pre-contrast", "MOLLI preGd", "T1 pre KM"),
        ("T1map prep", "preview T1"),
    ),
    _rule(
        "native",
        "English",
        r"\b(non|no|without|before|w o) ?AGENT\b|\b(un|non) ?enhanced\b|\bbaseline\b",
        ("T1 non-contrast", "T1map without Gd", "T1 before contrast", "unenhanced MOLLI", "T1 w/o contrast"),
        ("T1 incomplete",),
    ),
    _rule("native", "German", r"\b(ohne|vor) ?AGENT\b", ("T1 ohne KM", "MOLLI vor Kontrastmittel")),
    _rule("native", "French", r"\b(sans|avant) ?AGENT\b", ("T1 sans injection", "MOLLI avant gado")),
    _rule("native", "Spanish", r"\b(sin|antes) ?(de )?AGENT\b", ("T1 sin contraste", "MOLLI antes de contraste")),
    _rule("native", "Portuguese", r"\b(sem|antes) ?(do )?AGENT\b", ("T1 sem contraste",)),
    _rule("native", "Italian", r"\b(senza|prima) ?(del )?AGENT\b", ("T1 senza mdc", "MOLLI prima del mdc")),
    _rule("native", "Dutch", r"\b(zonder|voor) ?AGENT\b", ("T1 zonder contrast", "MOLLI voor contrast")),
    _rule(
        "native",
        "Swedish, Danish, Norwegian",
        r"\b(utan|uden|uten|innan|fore|før) ?AGENT\b",
        ("T1 före kontrast", "T1 før kontrast"),
    ),
    _rule("native", "Polish", r"\b(bez|przed) ?(podaniem )?AGENT\w*", ("T1 bez kontrastu", "T1 przed kontrastem")),
    _rule("native", "Russian", r"\b(до|без) (контраст\w*|введения)|\bнативн\w*", ("T1 до контраста", "MOLLI нативный")),
    _rule("native", "Chinese, Japanese", r"平扫|增强前|造影前|単純", ("T1 平扫", "MOLLI 增强前", "T1 造影前")),
    _rule("native", "Korean", r"조영 ?전", ("T1 조영전",)),
)

POST_WORDS: tuple[WordRule, ...] = (
    _rule(
        "post",
        "prefix post",
        r"\bpost(?!erior|ure)[a-z0-9]*\b|\bpos ?AGENT\b",
        ("MOLLI post", "T1_post15min", "T1 postcontrast", "T1 pós contraste", "T1 postKM"),
        ("MOLLI posterior wall", "supine position T1", "T1 pos2"),
    ),
    _rule(
        "post",
        "English and names of agents",
        r"\bAGENT\b|\b(ce|enhanced|after)\b",
        ("T1 Gd 15 min", "MOLLI contrast", "T1 enhanced", "MOLLI 20min gadovist"),
        ("T1 scan", "rescan T1"),
    ),
    _rule("post", "German", r"\b(nach|mit) ?AGENT\b", ("MOLLI nach KM", "T1 mit Kontrast")),
    _rule("post", "French", r"\b(apres|avec) ?AGENT\b|\bapres\b", ("T1 après injection", "MOLLI avec gado")),
    _rule("post", "Spanish", r"\b(con|tras|despues) ?(de )?AGENT\b", ("T1 con contraste", "T1 después de contraste")),
    _rule("post", "Portuguese", r"\b(com|apos) ?AGENT\b|\bapos\b", ("T1 com contraste", "MOLLI após contraste")),
    _rule("post", "Italian", r"\b(con|dopo) ?(il )?AGENT\b|\bdopo\b", ("T1 dopo mdc", "MOLLI con mdc")),
    _rule("post", "Dutch", r"\b(na|met) ?AGENT\b", ("T1 na contrast",)),
    _rule("post", "Swedish, Danish, Norwegian", r"\b(efter|etter|med) ?AGENT\b", ("T1 efter kontrast",)),
    _rule("post", "Polish", r"\b(po|z) ?(podaniu )?AGENT\w*", ("T1 po kontraście",)),
    _rule("post", "Russian", r"\b(после|с) (контраст\w*|введения)", ("T1 после контраста",)),
    _rule("post", "Chinese, Japanese", r"增强(?!前)|造影(?!前)|増強後", ("T1 增强后", "T1 造影後", "T1 造影后")),
    _rule("post", "Korean", r"조영 ?후", ("T1 조영후",)),
)


def contrast_words(words: str) -> tuple[str | None, str | None]:
    """Return what says "native" and what says "post-contrast" in a folded description; None where nothing does."""
    native = None
    for rule in NEUTRAL_WORDS:
        words = rule.pattern.sub(" ", words)
    for rule in NATIVE_WORDS:
        found = rule.search(words)
        native = native or found
        words = rule.pattern.sub(" ", words)
    return native, next((found for rule in POST_WORDS if (found := rule.search(words)) is not None), None)
