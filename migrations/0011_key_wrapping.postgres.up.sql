-- A sealing key under the master key before, as long as a rotation of the master key is not finished.

ALTER TABLE keys ADD COLUMN sealed_previous BYTEA;
