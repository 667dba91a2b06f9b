"""Codes and names of languages."""

from __future__ import annotations

import re
from functools import cache

from autotext.errors import TaskError, shown, suggestion

# Codes of two letters (ISO 639-1) and three (ISO 639-2), and English names.
_LANGUAGES = """
    aa, aar, afar; ab, abk, abkhazian; ae, ave, avestan; af, afr, afrikaans; ak, aka, akan; am, amh, amharic; an, arg,
    aragonese; ar, ara, arabic; as, asm, assamese; av, ava, avaric; ay, aym, aymara; az, aze, azerbaijani; ba, bak, bashkir;
    be, bel, belarusian; bg, bul, bulgarian; bh, bih, bihari; bi, bis, bislama; bm, bam, bambara; bn, ben, bengali, bangla;
    bo, bod, tib, tibetan; br, bre, breton; bs, bos, bosnian; ca, cat, catalan, valencian; ce, che, chechen; ch, cha,
    chamorro; co, cos, corsican; cr, cre, cree; cs, ces, cze, czech; cu, chu, church slavic, church slavonic; cv, chv,
    chuvash; cy, cym, wel, welsh; da, dan, danish; de, deu, ger, german; dv, div, divehi, dhivehi, maldivian; dz, dzo,
    dzongkha; ee, ewe, ewe; el, ell, gre, greek; en, eng, english; eo, epo, esperanto; es, spa, spanish, castilian; et, est,
    estonian; eu, eus, baq, basque; fa, fas, per, persian, farsi; ff, ful, fulah; fi, fin, finnish; fj, fij, fijian; fo,
    fao, faroese; fr, fra, fre, french; fy, fry, frisian, western frisian; ga, gle, irish; gd, gla, gaelic, scottish gaelic;
    gl, glg, galician; gn, grn, guarani; gu, guj, gujarati; gv, glv, manx; ha, hau, hausa; he, heb, hebrew; hi, hin, hindi;
    ho, hmo, hiri motu; hr, hrv, croatian; ht, hat, haitian, haitian creole; hu, hun, hungarian; hy, hye, arm, armenian; hz,
    her, herero; ia, ina, interlingua; id, ind, indonesian; ie, ile, interlingue, occidental; ig, ibo, igbo; ii, iii,
    sichuan yi, nuosu; ik, ipk, inupiaq; io, ido, ido; is, isl, ice, icelandic; it, ita, italian; iu, iku, inuktitut; ja,
    jpn, japanese; jv, jav, javanese; ka, kat, geo, georgian; kg, kon, kongo; ki, kik, kikuyu, gikuyu; kj, kua, kuanyama,
    kwanyama; kk, kaz, kazakh; kl, kal, kalaallisut, greenlandic; km, khm, khmer; kn, kan, kannada; ko, kor, korean; kr,
    kau, kanuri; ks, kas, kashmiri; ku, kur, kurdish; kv, kom, komi; kw, cor, cornish; ky, kir, kirghiz, kyrgyz; la, lat,
    latin; lb, ltz, luxembourgish, letzeburgesch; lg, lug, luganda, ganda; li, lim, limburgan, limburger, limburgish; ln,
    lin, lingala; lo, lao, lao; lt, lit, lithuanian; lu, lub, luba-katanga; lv, lav, latvian; mg, mlg, malagasy; mh, mah,
    marshallese; mi, mri, mao, maori; mk, mkd, mac, macedonian; ml, mal, malayalam; mn, mon, mongolian; mr, mar, marathi;
    ms, msa, may, malay; mt, mlt, maltese; my, mya, bur, burmese, myanmar; na, nau, nauru; nb, nob, bokmål; nd, nde, north
    ndebele; ne, nep, nepali; ng, ndo, ndonga; nl, nld, dut, dutch, flemish; nn, nno, nynorsk; no, nor, norwegian; nr, nbl,
    south ndebele; nv, nav, navajo, navaho; ny, nya, chichewa, chewa, nyanja; oc, oci, occitan, provençal; oj, oji, ojibwa;
    om, orm, oromo; or, ori, odia, oriya; os, oss, ossetian, ossetic; pa, pan, panjabi, punjabi; pi, pli, pali; pl, pol,
    polish; ps, pus, pushto, pashto; pt, por, portuguese; qu, que, quechua; rm, roh, romansh; rn, run, rundi; ro, ron, rum,
    romanian, moldavian, moldovan; ru, rus, russian; rw, kin, kinyarwanda; sa, san, sanskrit; sc, srd, sardinian; sd, snd,
    sindhi; se, sme, northern sami; sg, sag, sango; si, sin, sinhala, sinhalese; sk, slk, slo, slovak; sl, slv, slovenian;
    sm, smo, samoan; sn, sna, shona; so, som, somali; sq, sqi, alb, albanian; sr, srp, serbian; ss, ssw, swati; st, sot,
    sotho; su, sun, sundanese; sv, swe, swedish; sw, swa, swahili; ta, tam, tamil; te, tel, telugu; tg, tgk, tajik; th, tha,
    thai; ti, tir, tigrinya; tk, tuk, turkmen; tl, tgl, tagalog, filipino; tn, tsn, tswana; to, ton, tonga; tr, tur,
    turkish; ts, tso, tsonga; tt, tat, tatar; tw, twi, twi; ty, tah, tahitian; ug, uig, uighur, uyghur; uk, ukr, ukrainian;
    ur, urd, urdu; uz, uzb, uzbek; ve, ven, venda; vi, vie, vietnamese; vo, vol, volapük; wa, wln, walloon; wo, wol, wolof;
    xh, xho, xhosa; yi, yid, yiddish; yo, yor, yoruba; za, zha, zhuang, chuang; zh, zho, chi, chinese, mandarin; zu, zul,
    zulu
"""
# A code may be followed by a script and a country.
_TAIL = re.compile("(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?")


@cache
def _codes() -> dict[str, str]:
    codes = {"xx": "xx"}
    for line in " ".join(_LANGUAGES.split()).split("; "):
        code, *others = line.split(", ")
        codes |= dict.fromkeys([code, *others], code)
    return codes


def language_code(language: object) -> str:
    """ISO 639 code of a language given by a code of two or three letters, a locale or its English name.

    Parameters
    ----------
    language : str
        Case does not matter. ``"xx"`` stands for any language; codes of three letters that have no shorter form stay.

    Returns
    -------
    str

    Raises
    ------
    TaskError
        The text is none of these.

    Examples
    --------
    >>> [language_code(language) for language in ("KO", "kor", "Korean", "zh-CN", "hsb")]
    ['ko', 'ko', 'ko', 'zh', 'hsb']
    """
    typed = language.strip().lower().replace("_", "-") if isinstance(language, str) else ""
    if typed:
        first, dash, tail = typed.partition("-")
        if typed in _codes():
            return _codes()[typed]
        if _TAIL.fullmatch(dash + tail) and (first in _codes() or re.fullmatch("[a-z]{3}", first)):
            return _codes().get(first, first)
    names = [name for name in _codes() if len(name) > 3]
    near = suggestion(typed, names).partition(" Known:")[0]
    raise TaskError(f"There is no language {shown(language)}.{near} "
                    "Write its ISO 639 code, e.g. language='ko', or its English name.")
