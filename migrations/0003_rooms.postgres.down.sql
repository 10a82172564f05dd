DROP TABLE bans;
DROP TABLE members;
DROP TABLE rooms;
