#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "kontor/events/v1/quality.pb.h"
#include "kontor/events/v1/record.pb.h"
#include "libs/testing/log/consumer_fixture.h"

// What consumers, dead letters, parked records, outbox and relay have to do over every engine:
//   INSTANTIATE_TEST_SUITE_P(Memory, ConsumerContract, ::testing::Values(MakeMemoryWorld));
namespace kontor::log {

TEST_P(ConsumerContract, EveryRecordIsAppliedOnceAndInOrder) {
  Append(1000);
  LedgerHandler handler;
  Consumer consumer(log_, *gated_, handler, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, Append(1000, "live"));
  EXPECT_TRUE(LedgerIsExact(*direct_, 2000));
  const ConsumerStats stats = consumer.Stats();
  EXPECT_EQ(stats.records, 2000);
  EXPECT_EQ(stats.partitions_held, kPartitions);
  EXPECT_EQ(handler.committed, 2000);
  auto progress = consumer.Progress();
  ASSERT_THAT(progress, kontor::testing::IsOk());
  ASSERT_EQ(progress->size(), static_cast<size_t>(kPartitions));
  for (const PartitionProgress& partition : *progress) EXPECT_EQ(partition.lag(), 0);
  const absl::Time now = world_->clock().Now() + absl::Hours(1);
  EXPECT_THAT(consumer.Watermark(now), kontor::testing::IsOkAndHolds(now));
}

TEST_P(ConsumerContract, AStoppedConsumerGoesOnWhereItWas) {
  LedgerHandler handler;
  for (int life = 0; life < 3; ++life) {
    const std::vector<Position> positions = Append(200);
    Consumer consumer(log_, *gated_, handler, Options());
    ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
    ExpectAllApplied(consumer, positions);
  }
  EXPECT_TRUE(LedgerIsExact(*direct_, 600));
  EXPECT_EQ(Count("views.consumer_offsets WHERE owner IS NOT NULL"), 0);
}

TEST_P(ConsumerContract, TheWatermarkIsWhatAllPartitionsHaveApplied) {
  const absl::Time first = world_->clock().Now();
  LedgerHandler handler;
  std::atomic<bool> refuse = false;
  handler.before = [&](const Batch&) { return refuse ? absl::UnavailableError("later") : absl::OkStatus(); };
  Consumer consumer(log_, *gated_, handler, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, Append(60));
  refuse = true;
  world_->clock().Advance(absl::Hours(1));
  const std::vector<Position> positions = Append(60);
  EXPECT_THAT(consumer.Watermark(world_->clock().Now()), kontor::testing::IsOkAndHolds(first));
  EXPECT_THAT(consumer.WaitUntilApplied(positions[0], absl::Milliseconds(20)),
              kontor::testing::StatusIs(absl::StatusCode::kUnavailable, kReasonNotYetApplied));
  refuse = false;
  ExpectAllApplied(consumer, positions);
  EXPECT_THAT(consumer.Watermark(world_->clock().Now()), kontor::testing::IsOkAndHolds(world_->clock().Now()));
}

TEST_P(ConsumerContract, PoisonGoesToTheDeadLettersAndTheRestIsApplied) {
  Append(300);
  Append(2, "poison");
  Append(1, "throw");
  Append(300, "after");
  LedgerHandler handler;
  Consumer consumer(log_, *gated_, handler, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, Append(10, "last"));
  EXPECT_TRUE(LedgerIsExact(*direct_, 610));
  EXPECT_EQ(consumer.Stats().dead_letters, 3);
  EXPECT_GT(consumer.Stats().halvings, 0);
  EXPECT_EQ(Count("views.dead_letters WHERE reason = 'POISON' AND description = 'cannot be applied' AND attempt > 1"
                  " AND convert_from(bytes, 'UTF8') LIKE 'poison%'"),
            2);
  EXPECT_EQ(Count("views.dead_letters WHERE reason = 'HANDLER_THREW' AND topic = 'orders'"), 1);
}

TEST_P(ConsumerContract, DeadLettersArePublishedWithBytesPlaceAndReason) {
  const std::vector<Position> poison = Append(1, "poison");
  LedgerHandler handler;
  Consumer consumer(log_, *gated_, handler, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, poison);
  OutboxRelay relay(log_, *direct_, {.schema = "views"});
  EXPECT_THAT(relay.RunOnce(), kontor::testing::IsOkAndHolds(1));
  const std::vector<std::string> letters = ReadTopic("dead-letter.ledger");
  ASSERT_EQ(letters.size(), 1u);
  events::v1::EventRecord record;
  events::v1::DeadLetter letter;
  ASSERT_TRUE(record.ParseFromString(letters[0]));
  EXPECT_EQ(record.type(), "kontor.events.v1.DeadLetter");
  ASSERT_TRUE(letter.ParseFromString(record.payload()));
  EXPECT_EQ(letter.record(), "poison0");
  EXPECT_EQ(letter.reason(), "POISON");
  EXPECT_EQ(letter.position().topic(), "orders");
  EXPECT_EQ(letter.position().offset(), poison[0].offset);
  EXPECT_EQ(letter.attempts(), 1);
}

TEST_P(ConsumerContract, TransientErrorsPauseAndNothingIsLost) {
  const std::vector<Position> positions = Append(100);
  LedgerHandler handler;
  std::atomic<int> failures = 0;
  handler.after = [&](const Batch&) -> absl::Status {
    switch (++failures) {
      case 1:
        return absl::UnavailableError("no");
      case 2:
        return absl::AbortedError("no");
      case 3:
        return absl::DeadlineExceededError("no");
      case 4:
        return absl::ResourceExhaustedError("no");
      default:
        return absl::OkStatus();
    }
  };
  Consumer consumer(log_, *gated_, handler, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, positions);
  EXPECT_TRUE(LedgerIsExact(*direct_, 100));
  EXPECT_EQ(consumer.Stats().retries, 4);
  EXPECT_EQ(consumer.Stats().dead_letters, 0);
}

TEST_P(ConsumerContract, UnknownTypesAreParkedAndAppliedInOrderAfterTheUpgrade) {
  const std::vector<Position> later = Append(50, "later:new:");
  Append(20, "later:newer:");
  {
    LedgerHandler old;
    Consumer consumer(log_, *gated_, old, Options());
    ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
    ExpectAllApplied(consumer, Append(10));
    ExpectAllApplied(consumer, later);
    EXPECT_EQ(consumer.Stats().parked, 70);
  }
  EXPECT_TRUE(LedgerIsExact(*direct_, 10));
  ASSERT_THAT(direct_->Exec("DELETE FROM ledger"), kontor::testing::IsOk());
  LedgerHandler upgraded;
  upgraded.known = "new";
  Consumer consumer(log_, *gated_, upgraded, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  EXPECT_TRUE(Eventually([&] { return Count("ledger") == 50; }));
  EXPECT_TRUE(Eventually([&] { return consumer.Stats().replayed == 50; }));
  EXPECT_TRUE(LedgerIsExact(*direct_, 50));
  EXPECT_EQ(Count("views.parked_records WHERE type = 'newer'"), 20);
  EXPECT_EQ(Count("views.parked_records"), 20);
}

TEST_P(ConsumerContract, APositionBelowTheLogStopsThePartitionWithAnAlarm) {
  LedgerHandler handler;
  {
    const std::vector<Position> positions = Append(60);
    Consumer consumer(log_, *gated_, handler, Options());
    ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
    ExpectAllApplied(consumer, positions);
  }
  const std::vector<Position> missed = Append(60);
  const Position& lost = missed.front();
  ASSERT_THAT(log_.Trim("orders", lost.partition, lost.offset + 1), kontor::testing::IsOk());
  std::atomic<int> alarms = 0;
  ConsumerOptions options = Options();
  options.on_stopped = [&](const Position& position, const absl::Status& status) {
    EXPECT_EQ(position.partition, lost.partition);
    EXPECT_THAT(status, kontor::testing::StatusIs(absl::StatusCode::kOutOfRange, kReasonBelowLogStart));
    ++alarms;
  };
  Consumer consumer(log_, *gated_, handler, options);
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  EXPECT_TRUE(Eventually([&] { return consumer.Stats().partitions_stopped == 1; }));
  for (const Position& position : missed) {
    if (position.partition == lost.partition) continue;
    EXPECT_THAT(consumer.WaitUntilApplied(position, absl::Seconds(20)), kontor::testing::IsOk());
  }
  EXPECT_EQ(alarms, 1);
}

TEST_P(ConsumerContract, TheOutboxIsRelayedAndARebuildPublishesNothingTwice) {
  Append(40, "publish");
  OutboxRelay relay(log_, *direct_, {.schema = "views"});
  int64_t expected = 40;
  for (bool drained : {true, false}) {
    {
      LedgerHandler handler;
      Consumer consumer(log_, *gated_, handler, Options());
      ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
      ExpectAllApplied(consumer, Append(1));
      ExpectAllApplied(consumer, Append(10, "publish"));
      expected += 10;
      EXPECT_EQ(consumer.Stats().outbox_rows, drained ? 50 : 60);
    }
    if (drained) {
      ASSERT_THAT(relay.RunOnce(), kontor::testing::IsOkAndHolds(expected));
    }
    ASSERT_THAT(direct_->Exec("DROP SCHEMA views CASCADE; DELETE FROM ledger"), kontor::testing::IsOk());
  }
  // The second life's ten unsent rows went down with its schema; the third life derives them again, and only them.
  LedgerHandler handler;
  Consumer consumer(log_, *gated_, handler, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, Append(6));
  EXPECT_TRUE(Eventually([&] { return CountLedger(*direct_).lines == 40 + 20 + 2 + 6; }));
  EXPECT_THAT(relay.RunOnce(), kontor::testing::IsOkAndHolds(10));
  EXPECT_EQ(ReadTopic("derived").size(), 60u);
  EXPECT_THAT(relay.RunOnce(), kontor::testing::IsOkAndHolds(0));
}

TEST_P(ConsumerContract, RowsThatCommitLateAreRelayedToo) {
  ASSERT_THAT(MigrateConsumerSchema(*direct_, "views"), kontor::testing::IsOk());
  OutboxRelay relay(log_, *direct_, {.schema = "views"});
  EXPECT_THAT(direct_->Run([&](postgres::Transaction& early) -> absl::Status {
    RETURN_IF_ERROR(InsertOutbox(early, "views", {{"id1", "derived", "k", "early"}}));
    RETURN_IF_ERROR(direct_->Run([](postgres::Transaction& late) {
      return InsertOutbox(late, "views", {{"id2", "derived", "k", "late"}, {"id2", "derived", "k", "again"}});
    }));
    EXPECT_THAT(relay.RunOnce(), kontor::testing::IsOkAndHolds(1));
    return absl::OkStatus();
  }),
              kontor::testing::IsOk());
  EXPECT_THAT(relay.RunOnce(), kontor::testing::IsOkAndHolds(1));
  EXPECT_EQ(ReadTopic("derived"), (std::vector<std::string>{"late", "early"}));
}

TEST_P(ConsumerContract, WrongOptionsAreRefused) {
  LedgerHandler handler;
  ConsumerOptions options = Options();
  options.schema = "views; DROP SCHEMA public";
  EXPECT_THAT(Consumer(log_, *gated_, handler, options).Start(),
              kontor::testing::StatusIs(absl::StatusCode::kInvalidArgument));
  options = Options();
  options.topics = {"nothing"};
  EXPECT_THAT(Consumer(log_, *gated_, handler, options).Start(),
              kontor::testing::StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace kontor::log
