#include "libs/domain/recommendations/model_io.h"

#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/buy_again.h"
#include "libs/domain/recommendations/recommend.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kChecksum = 32;

class ModelIoTest : public ::testing::Test {
 protected:
  ModelIoTest() : shop_(MakeShop(12, 20, 3)) {
    model_ = TrainModel(shop_.history, shop_.catalogue, shop_.persons, {.min_examples = 4}).value();
    bytes_ = SaveModel(*model_);
  }

  // Asks a model in every way; what it answers does not matter, that it answers does.
  static void Ask(const Model& model) {
    OwnedContext owned({{1, 2}, {2, 3}}, {{4, 1}});
    for (ContextId context : {ContextId{0}, ContextId{3}, kNone}) {
      owned.context.context = context;
      for (BoughtItems bought : {BoughtItems::kInclude, BoughtItems::kExclude, BoughtItems::kOnly}) {
        Recommend(model, owned.context, {.bought = bought});
      }
      Recommend(model, owned.context, {.task = Task::kCompleteBasket});
    }
    Recommend(model, UserContext(), {});
  }

  TestShop shop_;
  std::shared_ptr<Model> model_;
  std::string bytes_;
};

TEST_F(ModelIoTest, ComesBackTheSame) {
  const auto loaded = LoadModel(bytes_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(SaveModel(**loaded), bytes_);
  EXPECT_EQ((*loaded)->trained_until_seconds, model_->trained_until_seconds);
  EXPECT_EQ((*loaded)->counts.baskets, model_->counts.baskets);
  EXPECT_EQ((*loaded)->metrics.recall_at_10, model_->metrics.recall_at_10);
  EXPECT_EQ((*loaded)->catalogue().products.At(7), "p7");
  const OwnedContext owned({{1, 2}, {2, 3}});
  const auto before = Recommend(*model_, owned.context, {}), after = Recommend(**loaded, owned.context, {});
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].item, after[i].item);
    EXPECT_EQ(before[i].score, after[i].score);
  }
  EXPECT_EQ(ModelChecksum(bytes_), base::Sha256Hex(bytes_));
}

TEST_F(ModelIoTest, TrainingIsDeterministic) {
  const TrainOptions options{.min_examples = 4};
  EXPECT_EQ(SaveModel(*TrainModel(shop_.history, shop_.catalogue, shop_.persons, options).value()), bytes_);
}

TEST_F(ModelIoTest, EveryTruncationIsNoticed) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    ASSERT_FALSE(LoadModel(absl::string_view(bytes_).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(LoadModel(absl::StrCat(bytes_, "x")).ok());
}

TEST_F(ModelIoTest, EveryChangedByteIsNoticed) {
  const uint64_t seed = 9;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  base::Random random(seed);
  constexpr size_t kHead = 64, kStep = 13;  // of what one checksum covers, each thirteenth byte
  for (size_t at = 0; at < bytes_.size(); at += at < kHead ? 1 : kStep) {
    std::string changed = bytes_;
    changed[at] = static_cast<char>(changed[at] ^ (1 << random.Below(8)));
    ASSERT_FALSE(LoadModel(changed).ok()) << at;
  }
}

TEST_F(ModelIoTest, SaysWhatIsWrong) {
  EXPECT_EQ(LoadModel("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(LoadModel(std::string(100, 'x')).status().code(), absl::StatusCode::kInvalidArgument);
  std::string other = bytes_;
  other[8] = kModelFormat + 1;
  EXPECT_EQ(LoadModel(other).status().code(), absl::StatusCode::kInvalidArgument);
  std::string changed = bytes_;
  changed[bytes_.size() / 2] ^= 1;
  EXPECT_EQ(LoadModel(changed).status().code(), absl::StatusCode::kDataLoss);
}

// A file with a right checksum and wrong contents, as a hostile or faulty writer would make.
std::string Resealed(std::string bytes) {
  bytes.resize(bytes.size() - kChecksum);
  return bytes + base::Sha256(bytes);
}

TEST_F(ModelIoTest, ForgedContentsAreRefusedOrHarmless) {
  const uint64_t seed = 20240918;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  base::Random random(seed);
  int refused = 0, loaded = 0;
  for (int trial = 0; trial < 2'000; ++trial) {
    std::string forged = bytes_;
    for (uint64_t change = 0, changes = 1 + random.Below(3); change < changes; ++change) {
      const size_t at = 20 + random.Below(forged.size() - 20 - kChecksum);
      const char extreme[] = {0, 1, 127, static_cast<char>(0x80), static_cast<char>(0xff)};
      forged[at] = random.Chance(0.5) ? extreme[random.Below(5)] : static_cast<char>(random());
    }
    const auto model = LoadModel(Resealed(forged));
    model.ok() ? ++loaded : ++refused;
    if (model.ok()) Ask(**model);
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(loaded, 100);
}

TEST_F(ModelIoTest, NumbersThatAreNotFiniteAreRefused) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.0F, 1e9F}) {
    base::ByteWriter out;
    out.Array(std::vector<float>{0.5F, bad});
    base::ByteReader in(out.bytes());
    BuyAgain::Load(in, 2);
    EXPECT_EQ(in.status().code(), absl::StatusCode::kDataLoss) << bad;
  }
}

}  // namespace
}  // namespace kontor::recommendations
