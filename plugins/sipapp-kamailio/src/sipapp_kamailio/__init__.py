"""The demo switch of sipapp: Kamailio as registrar and proxy for the browsers of one machine."""
