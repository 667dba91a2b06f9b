"""What lives outside the package: each module registers its components, its format or its meta-learner on import."""
