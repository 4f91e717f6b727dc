"""CARN (Ahn, Kang & Sohn, ECCV 2018): super-resolution by a cascading residual network."""

from __future__ import annotations

from toolkit.ops._carn import carn

OPERATION = carn("carn", "Super-resolution by CARN (Ahn et al. 2018).", light=False)
