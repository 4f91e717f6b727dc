"""Statistics of measured times: functions that read no files and no clock, and start nothing."""
