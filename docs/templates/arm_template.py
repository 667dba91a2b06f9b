"""Template of an arm: a system or a model that a benchmark compares with others."""

from pathlib import Path


class NearestClass:
    """The class whose mean TF-IDF vector is nearest."""

    # "system": searches within job.seconds; "model": one protocol, which takes the time that it takes.
    kind = "model"
    # Kinds of tasks; it abstains from the others, and the comparison shows that.
    handles = ("binary", "multiclass")
    # What pip installs into an environment of its own, with versions. Empty: the environment of autotext.
    requirements = ()
    # Modules that are imported before its time counts.
    imports = ("sklearn.feature_extraction.text", "sklearn.neighbors", "sklearn.pipeline")
    # Whether it runs only with --encoder, whose folder it gets as job.encoder.
    needs_encoder = False

    def fit(self, texts, labels, job):
        """Learn from a list of texts and one of labels (of lists of labels, where a text may have several).

        `job` has seconds, trials, seed, cpus, memory_mib, kind, language, metric (of scikit-learn), encoder, and folder, which
        is empty and deleted afterwards.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.neighbors import NearestCentroid
        from sklearn.pipeline import make_pipeline

        self.pipeline = make_pipeline(TfidfVectorizer(), NearestCentroid())
        self.pipeline.fit(texts, labels)

    def predict(self, texts):
        """Predict a label for each text; with a method predict_proba and a list `classes`, it is also scored by log loss."""
        return self.pipeline.predict(texts).tolist()

    def save(self, folder):
        """Write what would be deployed, whose size is told; this method may be left out."""
        import joblib

        joblib.dump(self.pipeline, Path(folder) / "model.joblib")
