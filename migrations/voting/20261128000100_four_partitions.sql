-- Ballots in 4 partitions instead of 16. A batch touches each of them, and getting a partition ready for writing costs a batch
-- as much as two or three ballots do.
--
-- Only where there is no ballot yet: moving millions of them would stop a vote. With 16 all is the same, a little slower.

DO $$
BEGIN
    LOCK TABLE voting.ballots IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM voting.ballots) THEN
        RETURN;
    END IF;
    FOR remainder IN 0..15 LOOP
        EXECUTE format('DROP TABLE voting.ballots_%s', to_char(remainder, 'FM00'));
    END LOOP;
    FOR remainder IN 0..3 LOOP
        EXECUTE format(
            'CREATE TABLE voting.ballots_%s PARTITION OF voting.ballots FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
            to_char(remainder, 'FM00'), remainder);
        -- The way to a partition is through its table.
        EXECUTE format('REVOKE ALL ON voting.ballots_%s FROM comitia_voting', to_char(remainder, 'FM00'));
    END LOOP;
END
$$;
