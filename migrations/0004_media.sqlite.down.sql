DROP TABLE playback;
DROP TABLE media;
