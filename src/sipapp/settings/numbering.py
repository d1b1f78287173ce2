"""How numbers are dialled in each country.

Facts of ITU-T (list of assigned country codes, E.164; dialling procedures: international prefix,
national (trunk) prefix and national (significant) number, Operational Bulletin 994), written down
here because they are a few kilobytes; the phone is told those of one country.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Numbering:
    """The rules of a country."""

    code: str
    """Country code."""
    trunk: str
    """Prefix of national numbers; empty where there is none."""
    international: str
    """Prefix of international numbers."""
    shortest: int
    """Fewest digits of a national number, without prefixes; a number with fewer is an extension."""
    longest: int
    """Most digits of a national number, without prefixes."""


_LINES: Final = """
20 0 00 EG | 27 0 00 ZA | 30 - 00 GR 10-10 | 31 0 00 NL | 32 0 00 BE | 33 0 00 FR | 34 - 00 ES 9-9
36 06 00 HU 8-9 | 39 - 00 IT VA 6-11 | 40 0 00 RO | 41 0 00 CH | 43 0 00 AT
44 0 00 GB GG IM JE | 45 - 00 DK 8-8 | 46 0 00 SE | 47 - 00 NO SJ 8-8 | 48 - 00 PL 9-9 | 49 0 00 DE
51 0 00 PE | 52 - 00 MX 10-10 | 53 0 119 CU | 54 0 00 AR | 55 0 00 BR | 56 - 00 CL 9-9
57 - 00 CO 10-10 | 58 0 00 VE | 60 0 00 MY | 61 0 0011 AU CC CX | 62 0 001 ID | 63 0 00 PH
64 0 00 NZ | 65 - 001 SG 8-8 | 66 0 001 TH | 81 0 010 JP | 82 0 001 KR | 84 0 00 VN | 86 0 00 CN
90 0 00 TR | 91 0 00 IN | 92 0 00 PK | 93 0 00 AF | 94 0 00 LK | 95 0 00 MM | 98 0 00 IR
1 1 011 US CA AG AI AS BB BM BS DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI 10-10
7 8 810 RU KZ 10-10
211 0 00 SS | 212 0 00 MA EH | 213 0 00 DZ | 216 - 00 TN 8-8 | 218 0 00 LY | 220 - 00 GM 7-7
221 - 00 SN 9-9 | 222 - 00 MR 8-8 | 223 - 00 ML 8-8 | 224 - 00 GN 9-9 | 225 - 00 CI 10-10
226 - 00 BF 8-8 | 227 - 00 NE 8-8 | 228 - 00 TG 8-8 | 229 - 00 BJ 10-10 | 230 - 00 MU 7-8
231 0 00 LR | 232 0 00 SL | 233 0 00 GH | 234 0 009 NG | 235 - 00 TD 8-8 | 236 - 00 CF 8-8
237 - 00 CM 9-9 | 238 - 0 CV 7-7 | 239 - 00 ST 7-7 | 240 - 00 GQ 9-9 | 241 0 00 GA
242 - 00 CG 9-9 | 243 0 00 CD | 244 - 00 AO 9-9 | 245 - 00 GW 7-9 | 248 - 00 SC 7-7 | 249 0 00 SD
250 0 00 RW | 251 0 00 ET | 252 0 00 SO | 253 - 00 DJ 8-8 | 254 0 000 KE | 255 0 000 TZ
256 0 000 UG | 257 - 00 BI 8-8 | 258 - 00 MZ 8-9 | 260 0 00 ZM | 261 0 00 MG | 262 0 00 RE YT
263 0 00 ZW | 264 0 00 NA | 265 0 00 MW | 266 - 00 LS 8-8 | 267 - 00 BW 7-8 | 268 - 00 SZ 8-8
269 - 00 KM 7-7 | 291 0 00 ER | 297 - 00 AW 7-7 | 298 - 00 FO 6-6 | 299 - 00 GL 6-6
350 - 00 GI 8-8 | 351 - 00 PT 9-9 | 352 - 00 LU 6-11 | 353 0 00 IE | 354 - 00 IS 7-9
355 0 00 AL | 356 - 00 MT 8-8 | 357 - 00 CY 8-8 | 358 0 00 FI AX | 359 0 00 BG | 370 0 00 LT
371 - 00 LV 8-8 | 372 - 00 EE 7-8 | 373 0 00 MD | 374 0 00 AM | 375 8 810 BY 9-9
376 - 00 AD 6-9 | 377 - 00 MC 8-9 | 378 - 00 SM 6-10 | 380 0 00 UA | 381 0 00 RS | 382 0 00 ME
383 0 00 XK | 385 0 00 HR | 386 0 00 SI | 387 0 00 BA | 389 0 00 MK | 420 - 00 CZ 9-9
421 0 00 SK | 423 - 00 LI 7-9 | 501 - 00 BZ 7-7 | 502 - 00 GT 8-8 | 503 - 00 SV 8-8
504 - 00 HN 8-8 | 505 - 00 NI 8-8 | 506 - 00 CR 8-8 | 507 - 00 PA 7-8 | 509 - 00 HT 8-8
590 0 00 GP BL MF | 591 0 00 BO | 592 - 001 GY 7-7 | 593 0 00 EC | 594 0 00 GF | 595 0 00 PY
596 0 00 MQ | 597 - 00 SR 6-7 | 598 0 00 UY | 599 - 00 CW BQ 7-8 | 670 - 00 TL 7-8
673 - 00 BN 7-7 | 675 - 00 PG 7-8 | 676 - 00 TO 5-7 | 677 - 00 SB 5-7 | 678 - 00 VU 5-7
679 - 00 FJ 7-7 | 685 - 0 WS 5-7 | 687 - 00 NC 6-6 | 689 - 00 PF 8-8 | 691 - 011 FM 7-7
692 1 011 MH 7-7 | 680 - 011 PW 7-7 | 850 0 00 KP | 852 - 001 HK 8-8 | 853 - 00 MO 8-8
855 0 001 KH | 856 0 00 LA | 880 0 00 BD | 886 0 002 TW | 960 - 00 MV 7-7 | 961 0 00 LB
962 0 00 JO | 963 0 00 SY | 964 0 00 IQ | 965 - 00 KW 7-8 | 966 0 00 SA | 967 0 00 YE
968 - 00 OM 8-8 | 970 0 00 PS | 971 0 00 AE | 972 0 00 IL | 973 - 00 BH 8-8 | 974 - 00 QA 8-8
975 - 00 BT 7-8 | 976 0 001 MN | 977 0 00 NP | 992 - 810 TJ 9-9 | 993 8 810 TM 8-8 | 994 0 00 AZ
995 0 00 GE | 996 0 00 KG | 998 - 00 UZ 9-9
"""
"""Country code, trunk prefix (``-`` for none), international prefix, countries (ISO 3166-1), and
the fewest and most digits of a national number where a trunk prefix of 0 does not tell it from an
extension."""

_SHORTEST: Final = 5
"""Fewest digits where the trunk prefix tells national numbers from extensions."""
_LONGEST_WITH_CODE: Final = 15
"""Most digits of any number (E.164)."""


def _read(lines: str) -> Mapping[str, Numbering]:
    found = {}
    for entry in lines.replace("\n", " | ").split("|"):
        if not entry.strip():
            continue
        code, trunk, international, *rest = entry.split()
        countries = [each for each in rest if each.isalpha()]
        digits = [tuple(map(int, each.split("-"))) for each in rest if not each.isalpha()]
        shortest, longest = digits[0] if digits else (_SHORTEST, _LONGEST_WITH_CODE - len(code))
        rules = Numbering(code, trunk.strip("-"), international, shortest, longest)
        found.update(dict.fromkeys(countries, rules))
    return found


NUMBERING: Final = _read(_LINES)
"""The rules by country, as two letters of ISO 3166-1."""
