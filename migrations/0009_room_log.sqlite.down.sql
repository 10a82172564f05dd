DROP TABLE room_log;
