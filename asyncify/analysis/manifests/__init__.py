"""What a project depends on, read from every manifest and lock file it has."""

from asyncify.analysis.manifests.model import MAIN, Form, Kind, LockFile, Manifest, Requirement
from asyncify.analysis.manifests.project import ProjectDependencies, read_dependencies

__all__ = [
    "MAIN",
    "Form",
    "Kind",
    "LockFile",
    "Manifest",
    "ProjectDependencies",
    "Requirement",
    "read_dependencies",
]
