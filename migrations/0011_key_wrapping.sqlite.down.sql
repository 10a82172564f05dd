ALTER TABLE keys DROP COLUMN sealed_previous;
