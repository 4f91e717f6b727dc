"""Make reports at fixed times: lines for cron, systemd and GitHub Actions, and a loop for containers."""
