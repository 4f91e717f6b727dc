"""Operations on pictures: one file per operation; each defines ``OPERATION``."""
