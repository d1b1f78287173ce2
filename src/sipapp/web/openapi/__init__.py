"""The APIs as their OpenAPI documents: routes, views, and checks of what requests send."""
