"""User interfaces of Atelier: command line, reports from notebooks, widgets, schedules."""
