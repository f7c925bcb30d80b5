#include "services/ingest/best_effort_ids.h"

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/ingest/fake_event_id_store.h"

namespace kontor::ingest {
namespace {

class FailingIds : public FakeEventIdStore {
 public:
  absl::StatusOr<std::vector<std::optional<KnownEvent>>> Find(absl::string_view shop,
                                                              absl::Span<const EventId> ids) override {
    ++finds;
    if (away) return absl::UnavailableError("away");
    return FakeEventIdStore::Find(shop, ids);
  }
  bool away = false;
  int finds = 0;
};

TEST(BestEffortIdsTest, GoesOnWithoutTheStoreAndDoesNotWearItOut) {
  FailingIds below;
  runtime::Metrics metrics;
  BestEffortIds ids(below, metrics);
  const std::vector<EventId> asked = {{"web", "e-1", "digest"}};
  const std::vector<EventIdStore::Entry> entry = {{asked[0], {"orders", 1, 7}}};
  ASSERT_THAT(ids.Remember("default", entry, absl::UnixEpoch(), false), testing::IsOk());
  KONTOR_ASSERT_OK_AND_ASSIGN(auto found, ids.Find("default", asked));
  EXPECT_EQ(found[0]->position.offset, 7);

  below.away = true;
  below.finds = 0;
  for (int i = 0; i < 10; ++i) {
    KONTOR_ASSERT_OK_AND_ASSIGN(found, ids.Find("default", asked));
    EXPECT_FALSE(found[0].has_value());
    EXPECT_THAT(ids.Remember("default", entry, absl::UnixEpoch(), false), testing::IsOk());
  }
  EXPECT_EQ(below.finds, 1) << "once a second";
  EXPECT_NE(metrics.Text().find("kontor_ingest_events_unchecked_total 10"), std::string::npos) << metrics.Text();
}

}  // namespace
}  // namespace kontor::ingest
