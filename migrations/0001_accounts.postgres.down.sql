DROP TABLE setup_links;
DROP TABLE invitations;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
