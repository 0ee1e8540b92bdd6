"""What pyproject.toml cannot say: the shipped networks travel inside the package."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["deepmusic", "deepmusic.*"]), "deepmusic.assets"],
    # In a checkout they lie beside the package, where the app's other files are.
    package_dir={"deepmusic.assets": "assets"},
    package_data={
        "": ["*.csv", "*.npz", "*.toml", "*.css", "*.js", "*.html"],
        "deepmusic.assets": [
            "*.json",
            *(f"{name}/**" for name in ("demo_music", "embeddings", "gtzan", "musicnn", "runs")),
        ],
    },
    include_package_data=False,
)
