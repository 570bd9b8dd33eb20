#!/bin/sh
# Makes the buckets, and the user whose keys Loki, Tempo and Mimir have. To be run again at will.
set -eu
mc alias set store http://minio:9000 "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" > /dev/null
for bucket in loki tempo mimir; do
    mc mb --ignore-existing "store/$bucket"
done
cat > /tmp/policy.json <<'POLICY'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      "Resource": ["arn:aws:s3:::loki", "arn:aws:s3:::tempo", "arn:aws:s3:::mimir"]
    },
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      "Resource": ["arn:aws:s3:::loki/*", "arn:aws:s3:::tempo/*", "arn:aws:s3:::mimir/*"]
    }
  ]
}
POLICY
mc admin policy create store telemetry /tmp/policy.json
mc admin user add store "$S3_ACCESS_KEY" "$S3_SECRET_KEY"
# To attach it again is refused.
case $(mc admin user info store "$S3_ACCESS_KEY") in
    *telemetry*) ;;
    *) mc admin policy attach store telemetry --user "$S3_ACCESS_KEY" ;;
esac
