"""One server on one port: pages and API (Flask), live status, and the map applications (Panel)."""
