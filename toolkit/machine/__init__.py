"""Description of the machine, and of whatever disturbs it while a process is measured."""
