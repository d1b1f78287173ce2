"""The ini file and the environment: options, parsed once into frozen values."""
