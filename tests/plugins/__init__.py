"""Operations with known behaviour, loaded with ``load_plugin`` to hold the harness against the truth."""
