#include "services/recommendations/writer_chain.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;

class NoTransaction : public postgres::Transaction {
 public:
  absl::StatusOr<postgres::Result> Exec(absl::string_view, const postgres::Params&) override {
    return absl::UnimplementedError("there is no database");
  }
  absl::Status Copy(absl::string_view, const std::vector<std::string>&,
                    absl::FunctionRef<absl::Status(postgres::CopyWriter&)>) override {
    return absl::UnimplementedError("there is no database");
  }
  const absl::Status& status() const override { return status_; }

 private:
  const absl::Status status_;
};

class Writer : public log::BatchHandler {
 public:
  explicit Writer(absl::Status status = absl::OkStatus()) : status_(std::move(status)) {}
  absl::Status Apply(postgres::Transaction&, const log::Batch&, log::Effects& effects) override {
    ++applied;
    effects.Park(7, "type");
    effects.DeadLetter(5, "REASON", "sentence");
    return status_;
  }
  void Committed(const log::Batch&) override { ++committed; }
  bool Knows(absl::string_view type) const override { return type == "known" || (applied > 0 && type == "later"); }

  int applied = 0, committed = 0;

 private:
  const absl::Status status_;
};

TEST(WriterChainTest, AppliesAllOrStopsAtTheFirstError) {
  NoTransaction transaction;
  Writer first, second, broken(absl::InvalidArgumentError("poison")), never;
  log::Effects effects;
  WriterChain good({&first, &second});
  KONTOR_ASSERT_OK(good.Apply(transaction, {}, effects));
  EXPECT_EQ(effects.parked.size(), 1u) << "once, however many park it";
  EXPECT_EQ(effects.dead_letters.size(), 1u);
  good.Committed({});
  EXPECT_EQ(first.committed + second.committed, 2);
  WriterChain bad({&broken, &never});
  EXPECT_EQ(bad.Apply(transaction, {}, effects).message(), "poison");
  EXPECT_EQ(never.applied, 0);
}

TEST(WriterChainTest, KnowsWhatAllKnow) {
  Writer first, second;
  WriterChain chain({&first, &second});
  EXPECT_TRUE(chain.Knows("known"));
  first.applied = 1;
  EXPECT_FALSE(chain.Knows("later"));
  second.applied = 1;
  EXPECT_TRUE(chain.Knows("later"));
}

}  // namespace
}  // namespace kontor::recommendations
