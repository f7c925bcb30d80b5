#include "services/ingest/intake.h"

#include <future>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "kontor/events/v1/quality.pb.h"
#include "kontor/events/v1/record.pb.h"
#include "libs/base/subject.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/ingest/fake_event_id_store.h"
#include "services/ingest/sample_events.h"

namespace kontor::ingest {
namespace {

using kontor::events::v1::Event;
using kontor::events::v1::EventRecord;
using kontor::ingest::v1::EventVerdict;

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() : log_(log::MakeMemoryEventLog(clock_)) {
    EXPECT_THAT(log_->CreateTopics(fleet::AllTopics(4)), testing::IsOk());
  }

  std::vector<EventVerdict> Take(const std::vector<Event>& events, bool imported = false) {
    std::vector<const Event*> pointers;
    for (const Event& event : events) pointers.push_back(&event);
    const auto verdicts = intake_.Take({"default", "trace", imported, "", "call-1"}, pointers);
    EXPECT_THAT(verdicts, testing::IsOk());
    return verdicts.ok() ? *verdicts : std::vector<EventVerdict>(events.size());
  }

  std::vector<EventRecord> Records(const std::string& topic) {
    std::vector<EventRecord> out;
    for (int p = 0; p < 4; ++p) {
      const auto records = log_->Read(topic, p, 0, {});
      for (const auto& record : *records) EXPECT_TRUE(out.emplace_back().ParseFromString(record.bytes));
    }
    return out;
  }

  testing::FakeClock clock_;
  std::unique_ptr<log::EventLog> log_;
  FakeEventIdStore ids_;
  QualityBook quality_;
  fleet::PlainSealer sealer_;
  Intake intake_{{*log_, ids_, quality_, sealer_, clock_, std::string(32, 's')}};
};

TEST_F(IntakeTest, AnAcceptedEventIsOnTheLogWhereTheVerdictSays) {
  const auto verdicts = Take({SampleOrder("536365", clock_.Now())});
  ASSERT_EQ(verdicts[0].outcome(), EventVerdict::OUTCOME_ACCEPTED);
  const auto& at = verdicts[0].position();
  EXPECT_EQ(at.topic(), "orders");
  EXPECT_EQ(log_->Read("orders", at.partition(), at.offset(), {})->size(), 1u);
}

TEST_F(IntakeTest, WhatIdentifiesAPersonStandsInThePersonalPartAlone) {
  Event event = SampleOrder("536365", clock_.Now());
  event.mutable_actor()->set_session_id("session-of-ann");
  Take({event});
  EventRecord record = Records("orders")[0];
  EXPECT_EQ(record.subject_token().substr(0, 2), "c-");
  kontor::events::v1::Personal personal;
  ASSERT_TRUE(personal.ParseFromString(record.personal()));
  EXPECT_EQ(personal.customer_id(), "17850");
  record.clear_personal();
  const std::string rest = record.SerializeAsString();
  EXPECT_EQ(rest.find("17850"), std::string::npos);
  EXPECT_EQ(rest.find("session-of-ann"), std::string::npos);
}

TEST_F(IntakeTest, ContactPointsLeaveThePayload) {
  Event event;
  event.set_event_id("c1");
  event.set_source("crm");
  fleet::SetTime(clock_.Now(), *event.mutable_occurred_at());
  event.mutable_actor()->set_customer_id("17850");
  auto& contact = *event.mutable_customer_upserted()->add_contact_points();
  contact.set_kind(kontor::events::v1::ContactPoint::KIND_EMAIL);
  contact.set_value("ann@example.org");
  EXPECT_EQ(Take({event})[0].outcome(), EventVerdict::OUTCOME_ACCEPTED);
  const EventRecord record = Records("identity")[0];
  EXPECT_EQ(record.payload().find("ann@example.org"), std::string::npos);
  EXPECT_NE(record.personal().find("ann@example.org"), std::string::npos);
}

TEST_F(IntakeTest, ALinkHoldsATokenOfTheKindThatItNames) {
  const std::pair<const char*, base::SubjectKind> kinds[] = {{"visitor", base::SubjectKind::kVisitor},
                                                             {"device", base::SubjectKind::kDevice},
                                                             {"loyalty", base::SubjectKind::kCustomer}};
  for (const auto& [kind, subject] : kinds) {
    Event event;
    event.set_event_id(kind);
    event.set_source("web");
    fleet::SetTime(clock_.Now(), *event.mutable_occurred_at());
    event.mutable_actor()->set_customer_id("17850");
    event.mutable_identity_linked()->set_other_id("41");
    event.mutable_identity_linked()->set_other_kind(kind);
    EXPECT_EQ(Take({event})[0].outcome(), EventVerdict::OUTCOME_ACCEPTED);
    kontor::events::v1::IdentityLinked link;
    ASSERT_TRUE(link.ParseFromString(Records("identity").back().payload()));
    EXPECT_EQ(link.other_id().substr(0, 2), std::string(1, static_cast<char>(subject)) + "-");
    EXPECT_EQ(link.other_id().find("41"), std::string::npos);
  }
}

TEST_F(IntakeTest, TheSameEventAgainIsADuplicateWithItsFirstPosition) {
  const Event event = SampleOrder("536365", clock_.Now());
  const auto first = Take({event, event});
  EXPECT_EQ(first[1].outcome(), EventVerdict::OUTCOME_DUPLICATE);
  EXPECT_EQ(first[1].position().offset(), first[0].position().offset());
  clock_.Advance(absl::Seconds(5));
  const auto again = Take({event});
  EXPECT_EQ(again[0].outcome(), EventVerdict::OUTCOME_DUPLICATE);
  EXPECT_EQ(again[0].position().offset(), first[0].position().offset());
  EXPECT_EQ(Records("orders").size(), 1u);
}

TEST_F(IntakeTest, OfTheSameEventSentAtOnceOneIsAcceptedAndAllAnswersNameItsPosition) {
  const Event event = SampleOrder("536365", clock_.Now());
  std::vector<std::future<EventVerdict>> answers;
  for (int i = 0; i < 16; ++i) answers.push_back(std::async(std::launch::async, [&] { return Take({event})[0]; }));
  int accepted = 0;
  for (auto& answer : answers) {
    const EventVerdict verdict = answer.get();
    accepted += verdict.outcome() == EventVerdict::OUTCOME_ACCEPTED;
    EXPECT_EQ(verdict.position().offset(), 0);
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(Records("orders").size(), 1u);
}

TEST_F(IntakeTest, AnIdWithOtherContentIsRefused) {
  Event event = SampleOrder("536365", clock_.Now());
  Take({event});
  event.mutable_order_recorded()->set_store_id("7");
  for (const auto& verdict : {Take({event})[0], Take({SampleView("x", clock_.Now()), event})[1]}) {
    ASSERT_EQ(verdict.outcome(), EventVerdict::OUTCOME_REFUSED);
    EXPECT_EQ(verdict.violations(0).reason(), "EVENT_ID_REUSED");
  }
  EXPECT_EQ(Records("orders").size(), 1u);
}

TEST_F(IntakeTest, AReusedIdWithinOneCallIsRefusedToo) {
  Event first = SampleOrder("536365", clock_.Now());
  Event second = first;
  second.mutable_order_recorded()->set_store_id("7");
  const auto verdicts = Take({first, second});
  EXPECT_EQ(verdicts[0].outcome(), EventVerdict::OUTCOME_ACCEPTED);
  EXPECT_EQ(verdicts[1].outcome(), EventVerdict::OUTCOME_REFUSED);
}

TEST_F(IntakeTest, ABadEventHindersNoneOfItsNeighboursAndIsReported) {
  Event bad = SampleOrder("2", clock_.Now());
  bad.mutable_order_recorded()->clear_lines();
  const auto verdicts = Take({SampleOrder("1", clock_.Now()), bad, SampleOrder("3", clock_.Now())});
  EXPECT_EQ(verdicts[0].outcome(), EventVerdict::OUTCOME_ACCEPTED);
  EXPECT_EQ(verdicts[1].outcome(), EventVerdict::OUTCOME_REFUSED);
  EXPECT_EQ(verdicts[2].outcome(), EventVerdict::OUTCOME_ACCEPTED);
  EXPECT_EQ(Records("orders").size(), 2u);

  const auto reports = Records(fleet::kRefused);
  ASSERT_EQ(reports.size(), 1u);
  kontor::events::v1::EventsRefused refused;
  ASSERT_TRUE(refused.ParseFromString(reports[0].payload()));
  EXPECT_EQ(refused.source(), "web");
  EXPECT_EQ(refused.counts(0).reason(), "LINES_MISSING");
  EXPECT_EQ(refused.counts(0).count(), 1);

  const auto tallies = quality_.Take();
  ASSERT_EQ(tallies.size(), 2u);
  EXPECT_EQ(tallies.begin()->first.outcome, "LINES_MISSING");
  EXPECT_EQ(tallies.rbegin()->second.count, 2);
}

TEST_F(IntakeTest, BrokenBytesInNamesNeitherCrashNorReachTheReport) {
  Event bad = SampleOrder("1", clock_.Now());
  bad.set_source("\xff\n");
  bad.set_event_id("\xfe");
  const auto verdicts = Take({bad});
  EXPECT_EQ(verdicts[0].outcome(), EventVerdict::OUTCOME_REFUSED);
  EXPECT_EQ(verdicts[0].event_id(), "");
  EXPECT_EQ(quality_.Take().begin()->first.source, "(invalid)");
}

TEST_F(IntakeTest, RecordsOfOneOrderShareAPartition) {
  Event ret;
  ret.set_event_id("r");
  ret.set_source("web");
  fleet::SetTime(clock_.Now(), *ret.mutable_occurred_at());
  auto& payload = *ret.mutable_return_recorded();
  payload.set_return_id("C1");
  payload.set_order_id("536365");
  payload.set_currency_code("GBP");
  *payload.add_lines() = SampleOrder("x", clock_.Now()).order_recorded().lines(0);
  const auto verdicts = Take({SampleOrder("536365", clock_.Now()), ret});
  EXPECT_EQ(verdicts[0].position().partition(), verdicts[1].position().partition());
  EXPECT_LT(verdicts[0].position().offset(), verdicts[1].position().offset());
}

}  // namespace
}  // namespace kontor::ingest
