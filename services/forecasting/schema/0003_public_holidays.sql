ALTER TABLE calendar_events ADD COLUMN public_holiday boolean NOT NULL DEFAULT false;
