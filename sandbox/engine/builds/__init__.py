"""CodeBuild: projects, builds that really run, reports; without containers."""
