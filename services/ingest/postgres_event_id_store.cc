#include "services/ingest/postgres_event_id_store.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "libs/base/status.h"

namespace kontor::ingest {

absl::StatusOr<std::vector<std::optional<KnownEvent>>> PostgresEventIdStore::Find(absl::string_view shop,
                                                                                  absl::Span<const EventId> ids) {
  std::vector<std::string> sources, event_ids;
  for (const EventId& id : ids) {
    sources.push_back(id.source);
    event_ids.push_back(id.event_id);
  }
  postgres::Params params;
  params.Text(shop).TextArray(sources).TextArray(event_ids);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT asked.place, known.digest, known.topic, known.partition, known.\"offset\" "
                              "FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS asked (source, event_id, place), "
                              "LATERAL (SELECT * FROM ingest.event_ids AS e WHERE e.shop = $1 "
                              "AND e.source = asked.source AND e.event_id = asked.event_id OFFSET 0) AS known",
                              params));
  std::vector<std::optional<KnownEvent>> known(ids.size());
  for (int r = 0; r < rows.rows(); ++r) {
    known[rows.Int64(r, 0) - 1] = KnownEvent{
        rows.Bytes(r, 1), {std::string(rows.Text(r, 2)), static_cast<int>(rows.Int64(r, 3)), rows.Int64(r, 4)}};
  }
  return known;
}

absl::Status PostgresEventIdStore::Remember(absl::string_view shop, absl::Span<const Entry> entries,
                                            absl::Time received_at, bool imported) {
  // In order of the key: calls that write the same ids at once then wait for each other instead of deadlocking.
  std::vector<size_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::tie(entries[a].id.source, entries[a].id.event_id) <
           std::tie(entries[b].id.source, entries[b].id.event_id);
  });
  std::vector<std::string> sources, event_ids, digests, topics;
  std::vector<int64_t> partitions, offsets;
  for (const size_t i : order) {
    const Entry& entry = entries[i];
    sources.push_back(entry.id.source);
    event_ids.push_back(entry.id.event_id);
    digests.push_back(entry.id.digest);
    topics.push_back(entry.position.topic);
    partitions.push_back(entry.position.partition);
    offsets.push_back(entry.position.offset);
  }
  postgres::Params params;
  params.Text(shop).TextArray(sources).TextArray(event_ids).BytesArray(digests).TextArray(topics);
  params.Int64Array(partitions).Int64Array(offsets).Time(received_at).Bool(imported);
  return pool_
      .Exec(
          "INSERT INTO ingest.event_ids (shop, source, event_id, digest, topic, partition, \"offset\", received_at, "
          "imported) SELECT $1, source, event_id, digest, topic, partition, position, $8::timestamptz, $9::boolean "
          "FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::int8[], $7::int8[]) "
          "AS entry (source, event_id, digest, topic, partition, position) ON CONFLICT DO NOTHING",
          params)
      .status();
}

absl::Status PostgresEventIdStore::Forget(absl::Time before) {
  postgres::Params params;
  params.Time(before);
  return pool_.Exec("DELETE FROM ingest.event_ids WHERE NOT imported AND received_at < $1", params).status();
}

}  // namespace kontor::ingest
