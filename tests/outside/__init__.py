"""Components that live outside the package, each module registering its own on import."""
