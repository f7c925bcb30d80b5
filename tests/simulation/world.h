#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/batch_runner.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/testing/fake_clock.h"
#include "services/analytics/decode.h"
#include "services/analytics/revision_state.h"
#include "services/ingest/intake.h"
#include "services/ingest/sample_events.h"
#include "tests/simulation/crashing_log.h"
#include "tests/simulation/simulated_database.h"

namespace kontor::simulation {

constexpr char kShop[] = "default";
constexpr int kPartitions = 2, kConsumers = 2;

// Applies orders and cancellations by the rules of analytics; fails for good on a record that is none.
class OrderHandler : public log::BatchHandler {
 public:
  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override {
    Tables& tables = static_cast<SimulatedTransaction&>(transaction).tables;
    const PartitionKey key{batch.topic, batch.partition};
    for (const log::LogRecord& record : batch.records) {
      ASSIGN_OR_RETURN(const analytics::DecodedRecord decoded, analytics::DecodeRecord(record.bytes));
      for (const analytics::Fact& fact : decoded.facts) ApplyFact(fact, tables);
      ++tables.applied[{key, record.offset}];
    }
    return absl::OkStatus();
  }

 private:
  static void ApplyFact(const analytics::Fact& fact, Tables& tables) {
    if (const auto* cancelled = std::get_if<analytics::CancellationFact>(&fact)) {
      tables.orders[cancelled->order_id].cancelled = true;
    }
    const auto* document = std::get_if<analytics::DocumentFact>(&fact);
    if (document == nullptr) return;
    StoredOrder& order = tables.orders[document->id];
    analytics::RevisionState<analytics::DocumentFact> state;
    state.Load(order.revision, order.fingerprint);
    if (state.Offer(*document) != analytics::Outcome::kApplied) return;
    order.revision = state.revision;
    order.fingerprint = state.fingerprint;
    order.nanos = document->lines[0].amount.nanos;
  }
};

// A process that consumes. Its memory is its leases, which a crash takes; a lease taken from it stays in its memory.
struct SimulatedConsumer {
  std::map<PartitionKey, log::PartitionLease> leases;
};

// One run. Deterministic in its seed.
class World {
 public:
  World(uint64_t seed, Mutant mutant)
      : dice_(seed),
        database_(dice_, mutant),
        memory_(log::MakeMemoryEventLog(clock_)),
        log_(*memory_, dice_),
        ids_(dice_) {}

  // Empty when the tables say what the client sent, else what differs.
  std::string Run() {
    if (!memory_->CreateTopics(fleet::AllTopics(kPartitions)).ok()) return "no topics";
    MakeEvents();
    while (!unsent_.empty()) Step();
    dice_.EndCrashes();
    for (int partition = 0; partition < kPartitions; ++partition) Drain({fleet::kOrders, partition});
    return Compare();
  }
  int64_t crashes() const { return dice_.crashed(); }

 private:
  // Every revision and cancellation of a few orders, in any order.
  void MakeEvents() {
    const size_t orders = 1 + dice_.Below(6);
    for (size_t o = 0; o < orders; ++o) {
      const std::string id = absl::StrCat("o-", o);
      StoredOrder& expected = expected_[id];
      const size_t revisions = 1 + dice_.Below(3);
      for (size_t r = 0; r < revisions; ++r) {
        events::v1::Event event = ingest::SampleOrder(id, clock_.Now());
        event.set_event_id(absl::StrCat(id, "/", r));
        event.mutable_order_recorded()->set_revision(static_cast<int64_t>(r));
        auto& line = *event.mutable_order_recorded()->mutable_lines(0);
        line.clear_unit_price();
        line.mutable_amount()->set_units(static_cast<int64_t>(dice_.Below(1000)));
        expected.revision = static_cast<int64_t>(r);
        expected.nanos = line.amount().units() * 1'000'000'000 + line.amount().nanos();
        unsent_.push_back(event);
      }
      if (dice_.Chance(0.2)) {
        events::v1::Event event;
        event.set_event_id(absl::StrCat(id, "/cancel"));
        event.set_source("web");
        fleet::SetTime(clock_.Now(), *event.mutable_occurred_at());
        event.mutable_order_cancelled()->set_order_id(id);
        expected.cancelled = true;
        unsent_.push_back(event);
      }
    }
    for (size_t i = unsent_.size(); i > 1; --i) std::swap(unsent_[i - 1], unsent_[dice_.Below(i)]);
  }

  void Step() {
    const size_t what = dice_.Below(10);
    if (what < 4) return Send();
    if (what == 4) return Poison();
    Consume(static_cast<int>(dice_.Below(kConsumers)), {fleet::kOrders, static_cast<int>(dice_.Below(kPartitions))});
  }

  // The client: what is not answered is sent again later; what is answered now and then, too.
  void Send() {
    const size_t count = std::min(unsent_.size(), 1 + dice_.Below(4));
    std::vector<const events::v1::Event*> batch;
    for (size_t i = 0; i < count; ++i) batch.push_back(&unsent_[unsent_.size() - 1 - i]);
    ingest::Intake intake({log_, ids_, quality_, sealer_, clock_, std::string(32, 's')});
    try {
      const auto verdicts = intake.Take({kShop, "trace", false, "", absl::StrCat("call-", ++calls_)}, batch);
      if (!verdicts.ok()) return;
      for (const auto& verdict : *verdicts) {
        if (verdict.violations_size() > 0) refused_ = verdict.violations(0).description();
      }
    } catch (const Crash&) {
      return;
    }
    if (!dice_.Chance(0.1)) unsent_.resize(unsent_.size() - count);
  }

  // Something that is no event, straight onto the log.
  void Poison() {
    const auto at = memory_->Append(fleet::kOrders, {{absl::StrCat(dice_.Below(1000)), "\xff poison"}});
    if (at.ok()) poison_.push_back({{at->front().topic, at->front().partition}, at->front().offset});
  }

  void Consume(int owner, const PartitionKey& key) {
    SimulatedConsumer& consumer = consumers_[owner];
    const auto held = consumer.leases.find(key);
    if (held == consumer.leases.end() || dice_.Chance(0.1)) consumer.leases[key] = database_.Take(key, owner);
    log::ReadLimits limits;
    limits.max_records = static_cast<int>(1 + dice_.Below(8));
    try {
      Apply(consumer, key, limits);
    } catch (const Crash&) {
      consumer.leases.clear();
    }
  }

  bool Apply(SimulatedConsumer& consumer, const PartitionKey& key, const log::ReadLimits& limits) {
    log::PartitionLease& lease = consumer.leases.at(key);
    const auto records = memory_->Read(key.first, key.second, lease.next_offset, limits);
    if (!records.ok() || records->empty()) return false;
    log::BatchRunner runner(
        database_, handler_, [](const auto&) {}, stopping_);
    const log::RunOutcome outcome = runner.Apply(lease, *records, 0, [] {});
    if (outcome.kind == log::RunOutcome::Kind::kLost) consumer.leases.erase(key);
    return outcome.kind == log::RunOutcome::Kind::kDone;
  }

  void Drain(const PartitionKey& key) {
    SimulatedConsumer& last = consumers_[0];
    last.leases[key] = database_.Take(key, 0);
    while (last.leases.contains(key) && Apply(last, key, {})) {
    }
  }

  std::string Compare() {
    if (!refused_.empty()) return absl::StrCat("intake refused an event: ", refused_);
    const Tables& tables = database_.tables();
    for (const auto& [id, expected] : expected_) {
      const auto found = tables.orders.find(id);
      if (found == tables.orders.end()) return absl::StrCat(id, " is lost");
      const StoredOrder& order = found->second;
      if (order.revision != expected.revision || order.nanos != expected.nanos ||
          order.cancelled != expected.cancelled) {
        return absl::StrCat(id, " stands at revision ", order.revision, " with ", order.nanos, " nanos instead of ",
                            expected.revision, " with ", expected.nanos);
      }
    }
    for (int partition = 0; partition < kPartitions; ++partition) {
      const PartitionKey key{fleet::kOrders, partition};
      const int64_t end = memory_->End(key.first, key.second).value_or(-1);
      for (int64_t offset = 0; offset < end; ++offset) {
        const auto count = [&](const auto& counts) {
          const auto it = counts.find({key, offset});
          return it == counts.end() ? 0 : it->second;
        };
        const bool poison = std::find(poison_.begin(), poison_.end(), std::pair(key, offset)) != poison_.end();
        if (count(tables.applied) != (poison ? 0 : 1) || count(tables.dead_letters) != (poison ? 1 : 0)) {
          return absl::StrCat("record ", partition, "@", offset, (poison ? " (poison)" : ""), " was applied ",
                              count(tables.applied), " times and buried ", count(tables.dead_letters), " times");
        }
      }
    }
    return "";
  }

  Dice dice_;
  testing::FakeClock clock_;
  SimulatedDatabase database_;
  std::unique_ptr<log::EventLog> memory_;
  CrashingLog log_;
  CrashingIds ids_;
  ingest::QualityBook quality_;
  fleet::PlainSealer sealer_;
  OrderHandler handler_;
  const std::atomic<bool> stopping_{false};
  SimulatedConsumer consumers_[kConsumers];
  std::vector<events::v1::Event> unsent_;
  std::map<std::string, StoredOrder> expected_;
  std::vector<std::pair<PartitionKey, int64_t>> poison_;
  std::string refused_;
  int64_t calls_ = 0;
};

}  // namespace kontor::simulation
