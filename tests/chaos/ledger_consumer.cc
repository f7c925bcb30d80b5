// A consumer whose effects have no key: every record of topic "orders" leaves a line in chaos.lines, and nothing in
// that table forbids a second one, so that exactness has to come from the consumer alone.
//
//   chaos_ledger_consumer exact DSN   the lines stand in the transaction that moves the offset
//   chaos_ledger_consumer apart DSN   the mutant: the lines are committed apart from the offset, as one would by
//   mistake
//
// Each is a consumer group of its own name; the table (consumer text, partition int, log_offset int8) is there before.
// Runs until it is killed; the leases are short, because that is often.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/postgres_event_log.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::chaos {
namespace {

class Lines : public log::BatchHandler {
 public:
  Lines(std::string group, postgres::Pool* apart) : group_(std::move(group)), apart_(apart) {}

  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects&) override {
    if (apart_ == nullptr) return Write(transaction, batch);
    return apart_->Run([&](postgres::Transaction& own) { return Write(own, batch); });
  }

 private:
  absl::Status Write(postgres::Transaction& transaction, const log::Batch& batch) const {
    std::vector<int64_t> offsets;
    for (const log::LogRecord& record : batch.records) offsets.push_back(record.offset);
    return transaction
        .Exec("INSERT INTO chaos.lines SELECT $1, $2::int8, o FROM unnest($3::int8[]) AS u (o)",
              postgres::Params().Text(group_).Int64(batch.partition).Int64Array(offsets))
        .status();
  }

  const std::string group_;
  postgres::Pool* const apart_;
};

absl::Status Run(const std::string& group, const std::string& dsn) {
  postgres::PostgresOptions postgres_options;
  postgres_options.dsn = dsn;
  ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Pool> pool, postgres::Pool::Create(postgres_options));
  ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Pool> apart, postgres::Pool::Create(postgres_options));
  ASSIGN_OR_RETURN(const std::unique_ptr<log::EventLog> log, log::OpenPostgresEventLog(*pool, base::SystemClock()));
  Lines handler(group, group == "apart" ? apart.get() : nullptr);
  log::ConsumerOptions options;
  options.group = group;
  options.topics = {"orders"};
  options.schema = "chaos";
  options.lease = absl::Milliseconds(600);
  options.batch.max_records = 50;
  log::Consumer consumer(*log, *pool, handler, options);
  RETURN_IF_ERROR(consumer.Start());
  while (true) pause();
}

}  // namespace
}  // namespace kontor::chaos

int main(int argc, char** argv) {
  const std::string group = argc == 3 ? argv[1] : "";
  if (group != "exact" && group != "apart") {
    std::fprintf(stderr, "chaos_ledger_consumer: say exact or apart, and a connection string\n");
    return 2;
  }
  const absl::Status status = kontor::chaos::Run(group, argv[2]);
  std::fprintf(stderr, "chaos_ledger_consumer: %s\n", std::string(status.message()).c_str());
  return 1;
}
