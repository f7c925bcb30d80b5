#pragma once

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "libs/platform/log/lease_store.h"
#include "libs/testing/log/consumer_fixture.h"

// Leases, fencing and broken connections over every engine. The oracle is the ledger: every record exactly once.
namespace kontor::log {

TEST_P(ConsumerContract, LeasesAreSharedFairlyAndGivenBack) {
  ConsumerOptions options = Options();
  options.lease = absl::Milliseconds(600);
  LedgerHandler handlers[3];
  std::vector<std::unique_ptr<Consumer>> consumers;
  const auto held = [&] {
    std::vector<int> counts;
    for (const auto& consumer : consumers) counts.push_back(consumer->Stats().partitions_held);
    std::sort(counts.begin(), counts.end());
    return counts;
  };
  for (int i = 0; i < 3; ++i) {
    options.owner = absl::StrCat("owner", i);
    consumers.push_back(std::make_unique<Consumer>(log_, *direct_, handlers[i], options));
    ASSERT_THAT(consumers.back()->Start(), kontor::testing::IsOk());
    const std::vector<int> fair(static_cast<size_t>(i + 1), kPartitions / (i + 1));
    EXPECT_TRUE(Eventually([&] { return held() == fair; })) << ::testing::PrintToString(held());
    Append(50, absl::StrCat("round", i));
  }
  const std::vector<Position> positions = Append(50, "last");
  ExpectAllApplied(*consumers[0], positions);
  consumers.erase(consumers.begin());
  EXPECT_TRUE(Eventually([&] { return held() == std::vector<int>{3, 3}; }));
  ExpectAllApplied(*consumers[0], Append(50, "after"));
  EXPECT_TRUE(LedgerIsExact(*direct_, 250));
}

TEST_P(ConsumerContract, AnOwnerThatVanishesIsSucceeded) {
  ConsumerOptions options = Options("vanishing");
  options.lease = absl::Milliseconds(600);
  LedgerHandler first, second;
  Consumer vanishing(log_, *gated_, first, options);
  ASSERT_THAT(vanishing.Start(), kontor::testing::IsOk());
  ExpectAllApplied(vanishing, Append(100));
  gate_.Cut();
  const std::vector<Position> positions = Append(100, "later");
  options.owner = "successor";
  Consumer successor(log_, *direct_, second, options);
  ASSERT_THAT(successor.Start(), kontor::testing::IsOk());
  ExpectAllApplied(successor, positions);
  gate_.Pass();
  EXPECT_TRUE(Eventually([&] { return vanishing.Stats().partitions_held == kPartitions / 2; }));
  ExpectAllApplied(successor, Append(100, "both"));
  EXPECT_TRUE(LedgerIsExact(*direct_, 300));
}

// The owner stands still within its transaction, holding the lock of its offset row: the server ends its session, the
// successor takes over, and what the frozen owner does when it wakes counts for nothing.
TEST_P(ConsumerContract, AnOwnerFrozenInItsTransactionIsSucceeded) {
  postgres::PostgresOptions impatient;
  impatient.idle_in_transaction_timeout = absl::Milliseconds(300);
  auto frozen_pool = MakePool(server_.DsnByPort(dsn_, gate_.port()), impatient);
  ConsumerOptions options = Options("frozen");
  options.lease = absl::Milliseconds(600);
  options.workers = 1;
  LedgerHandler first, second;
  std::atomic<bool> freeze = true, reached = false;
  first.after = [&](const Batch&) {
    reached = true;
    while (freeze) std::this_thread::yield();
    return absl::OkStatus();
  };
  const std::vector<Position> positions = Append(200);
  Consumer frozen(log_, *frozen_pool, first, options);
  ASSERT_THAT(frozen.Start(), kontor::testing::IsOk());
  ASSERT_TRUE(Eventually([&] { return reached.load(); }));
  gate_.BlackHole(kontor::testing::FaultGate::Direction::kToServer);
  options.owner = "successor";
  Consumer successor(log_, *direct_, second, options);
  ASSERT_THAT(successor.Start(), kontor::testing::IsOk());
  ExpectAllApplied(successor, positions);
  gate_.Pass();
  freeze = false;
  ExpectAllApplied(successor, Append(100, "later"));
  EXPECT_TRUE(LedgerIsExact(*direct_, 300));
}

TEST_P(ConsumerContract, AZombieIsFenced) {
  ASSERT_THAT(MigrateConsumerSchema(*direct_, "views"), kontor::testing::IsOk());
  LeaseStore zombie(*direct_, "views", "ledger", "zombie", absl::Milliseconds(50));
  ASSERT_THAT(zombie.AddPartitions({{"orders", 0, 0}}), kontor::testing::IsOk());
  auto share = zombie.Tick();
  ASSERT_THAT(share, kontor::testing::IsOk());
  ASSERT_EQ(share->held.size(), 1u);
  const PartitionLease old_lease = share->held[0];
  LeaseStore heir(*direct_, "views", "ledger", "heir", absl::Seconds(10));
  ASSERT_TRUE(Eventually([&] { return heir.Tick()->held.size() == 1; }));
  const PartitionLease lease = heir.Tick()->held[0];
  EXPECT_GT(lease.epoch, old_lease.epoch);
  const auto fence = [&](LeaseStore& store, const PartitionLease& with) {
    bool ours = false;
    EXPECT_THAT(direct_->Run([&](postgres::Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(ours, store.Fence(transaction, with, with.next_offset + 10, absl::UnixEpoch()));
      return absl::OkStatus();
    }),
                kontor::testing::IsOk());
    return ours;
  };
  EXPECT_FALSE(fence(zombie, old_lease));
  EXPECT_TRUE(fence(heir, lease));
  EXPECT_FALSE(fence(heir, lease)) << "the offset has moved";
  EXPECT_EQ(*heir.ReadNextOffset(lease), 10);
  EXPECT_EQ(*zombie.ReadNextOffset(old_lease), std::nullopt);
}

// The connection breaks at COMMIT, before the server sees it or after: both look the same from here.
TEST_P(ConsumerContract, UnknownCommitsAreResolvedByTheOffsetRow) {
  LedgerHandler handler;
  std::atomic<int> batches = 0;
  handler.after = [&](const Batch&) {
    const int batch = ++batches;
    if (batch % 3 != 0) gate_.CutWhenSeen("COMMIT", batch % 3 == 1);
    return absl::OkStatus();
  };
  ConsumerOptions options = Options();
  options.batch.max_records = 10;
  const std::vector<Position> positions = Append(300);
  Consumer consumer(log_, *gated_, handler, options);
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, positions);
  handler.after = nullptr;
  consumer.Stop();
  EXPECT_TRUE(LedgerIsExact(*direct_, 300));
  EXPECT_GT(consumer.Stats().unknown_commits, 10);
  EXPECT_EQ(handler.committed, 300);
}

TEST_P(ConsumerContract, CutConnectionsLoseAndDoubleNothing) {
  LedgerHandler handler;
  ConsumerOptions options = Options();
  options.batch.max_records = 20;
  Consumer consumer(log_, *gated_, handler, options);
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  std::vector<Position> positions;
  for (int round = 0; round < 20; ++round) {
    positions = Append(60, absl::StrCat("round", round));
    gate_.CutAfterBytes(round % 2 == 0 ? kontor::testing::FaultGate::Direction::kToServer
                                       : kontor::testing::FaultGate::Direction::kToClient,
                        137 * (round + 1));
    EXPECT_TRUE(Eventually([&] { return gate_.tripped() || consumer.Stats().records >= 60 * (round + 1); }));
  }
  ExpectAllApplied(consumer, positions);
  EXPECT_TRUE(LedgerIsExact(*direct_, 1200));
}

// The proof that the ledger proves something: a handler that writes its effects in a transaction of its own.
class MutantHandler : public LedgerHandler {
 public:
  explicit MutantHandler(postgres::Pool& own) : own_(own) {}
  absl::Status Apply(postgres::Transaction&, const Batch& batch, Effects& effects) override {
    return own_.Run([&](postgres::Transaction& apart) { return LedgerHandler::Apply(apart, batch, effects); });
  }

 private:
  postgres::Pool& own_;
};

TEST_P(ConsumerContract, AMutantThatCommitsEffectsApartFailsTheLedger) {
  MutantHandler mutant(*direct_);
  std::atomic<int> batches = 0;
  mutant.after = [&](const Batch&) {
    if (++batches % 2 == 1) gate_.CutWhenSeen("COMMIT", false);
    return absl::OkStatus();
  };
  ConsumerOptions options = Options();
  options.batch.max_records = 10;
  const std::vector<Position> positions = Append(100);
  Consumer consumer(log_, *gated_, mutant, options);
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, positions);
  consumer.Stop();
  EXPECT_FALSE(LedgerIsExact(*direct_, 100));
  EXPECT_GT(CountLedger(*direct_).lines, CountLedger(*direct_).distinct);
}

}  // namespace kontor::log
