"""For authors of plugins: contract suites, fixtures and fakes."""
