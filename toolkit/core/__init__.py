"""Values and contracts; imports numpy alone."""
