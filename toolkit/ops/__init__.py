"""Operations on pictures: one file per operation; each file defines the variable ``OPERATION``."""
