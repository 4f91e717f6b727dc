"""CARN-M (Ahn, Kang & Sohn, ECCV 2018): CARN for mobile use, with grouped convolutions and shared weights."""

from __future__ import annotations

from toolkit.ops._carn import carn

OPERATION = carn("carn_m", "Super-resolution by CARN-M, the lightweight CARN (Ahn et al. 2018).", light=True)
