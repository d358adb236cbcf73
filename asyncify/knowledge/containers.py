"""Names of the dependency-injector library. Source: its reference, version 4."""

from __future__ import annotations

#: the class that programs extend to declare a container
CONTAINER = "dependency_injector.containers.DeclarativeContainer"

#: the kinds of a provider, and of what it gives where that is not made yet
PROVIDER = "dependency_injector.providers.Provider"
PROVIDED = "dependency_injector.providers.ProvidedInstance"

#: providers that call their first argument (a class, a function) with the other arguments
CALLING = frozenset(
    "Factory DelegatedFactory AbstractFactory Singleton DelegatedSingleton ThreadSafeSingleton AbstractSingleton "
    "DelegatedThreadSafeSingleton ThreadLocalSingleton DelegatedThreadLocalSingleton ContextLocalSingleton Callable "
    "DelegatedCallable AbstractCallable Coroutine DelegatedCoroutine AbstractCoroutine Resource".split()
)

#: providers that whoever makes the container gives it
DEPENDENCIES = frozenset({"Dependency", "DependenciesContainer"})

#: what stands in the index of these says what a parameter gets
MARKERS = frozenset(f"dependency_injector.wiring.{n}" for n in ("Provide", "Provider", "Closing"))

#: gives the provider itself, and not what it makes
PROVIDER_MARKER = "dependency_injector.wiring.Provider"

#: attributes of a provider itself
PROVIDER_API = frozenset(
    "override overridden reset_override reset_last_overriding last_overriding reset init shutdown initialized async_ "
    "call add_args add_kwargs set_args set_kwargs clear_args clear_kwargs add_attributes set_attributes cls provides "
    "set_provides args kwargs related traverse enable_async_mode disable_async_mode full_reset copy from_value".split()
)
