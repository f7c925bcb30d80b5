#include "libs/domain/nn/arrays.h"

#include <gtest/gtest.h>

#include <limits>

namespace kontor::nn {
namespace {

Arrays Sample() {
  Arrays arrays;
  arrays.kind = "sample";
  arrays.numbers = {{"layers", 2}, {"figure", 0.0625}};
  arrays.arrays["matrix"] = {{2, 3}, {1, 2, 3, 4, 5, 6}};
  arrays.arrays["row"] = {{1}, {-0.5F}};
  return arrays;
}

TEST(ArraysTest, WhatWasSavedIsLoaded) {
  const absl::StatusOr<Arrays> loaded = LoadArrays(SaveArrays(Sample()));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->kind, "sample");
  EXPECT_EQ(loaded->numbers, Sample().numbers);
  ASSERT_EQ(loaded->arrays.size(), 2U);
  EXPECT_EQ(loaded->arrays.at("matrix").shape, (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(loaded->arrays.at("matrix").values, Sample().arrays["matrix"].values);
  EXPECT_EQ(SaveArrays(*loaded), SaveArrays(Sample()));
}

TEST(ArraysTest, BytesCutAnywhereAreRefused) {
  const std::string bytes = SaveArrays(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(LoadArrays(absl::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_EQ(LoadArrays(bytes + "x").status().code(), absl::StatusCode::kDataLoss);
}

TEST(ArraysTest, AChangedByteIsRefused) {
  const std::string bytes = SaveArrays(Sample());
  for (size_t place = 0; place < bytes.size(); ++place) {
    std::string changed = bytes;
    changed[place] = static_cast<char>(changed[place] ^ 1);
    EXPECT_FALSE(LoadArrays(changed).ok()) << place;
  }
}

TEST(ArraysTest, NumbersThatAreNotFiniteAreRefusedThoughTheChecksumIsRight) {
  Arrays arrays = Sample();
  arrays.arrays["row"].values[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(LoadArrays(SaveArrays(arrays)).status().code(), absl::StatusCode::kDataLoss);
  arrays = Sample();
  arrays.numbers["figure"] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(LoadArrays(SaveArrays(arrays)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ArraysTest, AShapeWithoutItsValuesIsRefusedThoughTheChecksumIsRight) {
  Arrays arrays = Sample();
  arrays.arrays["matrix"].shape = {2, 4};
  EXPECT_EQ(LoadArrays(SaveArrays(arrays)).status().code(), absl::StatusCode::kDataLoss);
  arrays.arrays["matrix"].shape = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF};
  EXPECT_EQ(LoadArrays(SaveArrays(arrays)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ArraysTest, OtherBytesAndFormatsAreNamed) {
  EXPECT_EQ(LoadArrays("PK\003\004").status().code(), absl::StatusCode::kInvalidArgument);
  std::string other = SaveArrays(Sample());
  other[8] = 9;
  const absl::Status status = LoadArrays(other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("format 9"), absl::string_view::npos) << status;
}

TEST(ArraysTest, FindSaysWhatIsMissing) {
  const Arrays arrays = Sample();
  EXPECT_TRUE(arrays.Find("matrix", {2, 3}).ok());
  EXPECT_EQ(arrays.Find("matrix", {3, 2}).status().message(), "matrix is 2 x 3, not 3 x 2");
  EXPECT_EQ(arrays.Find("absent", {1}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(arrays.FindOfRank("matrix", 1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(arrays.Number("absent").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace kontor::nn
