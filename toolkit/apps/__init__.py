"""Front doors, thin: command line, notebooks and reports, widgets, schedules."""
