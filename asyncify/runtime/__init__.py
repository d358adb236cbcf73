"""The only part that runs code of the user: the routes and tests of an app, before and after."""
