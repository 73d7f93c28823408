/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting ext4, read-only: the superblock (super.rst) is checked field by field before anything is
 * computed from it. What this driver does not know and would misread is refused by name. ext2 and
 * ext3 are ext4 with fewer features and work as well.
 */
#include "fs/ext4/ext4.h"
#include "kernel/blkdev.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/printf.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define COMPLAINTS_MAX 20u /* log lines per mount: a disk may be broken everywhere */

enum { OPTION_RO = 1, OPTION_NOLOAD = 2 };
static const char *const option_names[] = { "ro", "noload", NULL };

#define INCOMPAT_KNOWN \
	(EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_RECOVER | EXT4_INCOMPAT_META_BG | \
	 EXT4_INCOMPAT_EXTENTS | EXT4_INCOMPAT_64BIT | EXT4_INCOMPAT_MMP | EXT4_INCOMPAT_FLEX_BG | \
	 EXT4_INCOMPAT_EA_INODE | EXT4_INCOMPAT_CSUM_SEED | EXT4_INCOMPAT_LARGEDIR)

static const struct {
	uint32_t bit;
	const char *name;
} unknown_features[] = {
	{ 0x1, "compression" },
	{ 0x8, "journal_dev" },
	{ 0x1000, "dirdata" },
	{ 0x8000, "inline_data" },
	{ 0x10000, "encrypt" },
	{ 0x20000, "casefold" },
};

int ext4_corrupt(struct ext4 *fs, const char *fmt, ...)
{
	unsigned n = atomic_fetch_add(&fs->complaints, 1);
	char text[160];
	va_list ap;

	if (n >= COMPLAINTS_MAX)
		return -EIO;
	va_start(ap, fmt);
	kvsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_err("ext4 %s: %s%s", fs->sb.dev->name, text,
		n == COMPLAINTS_MAX - 1 ? "; no more will be reported" : "");
	return -EIO;
}

/* --- checks, in the order in which later ones rely on earlier ones --- */

static const char *name_of(uint32_t bits)
{
	for (size_t i = 0; i < sizeof(unknown_features) / sizeof(*unknown_features); i++)
		if (bits & unknown_features[i].bit)
			return unknown_features[i].name;
	return "of a later version";
}

static int check_features(struct mount_request *r, const struct ext4_super *s, unsigned options)
{
	uint32_t incompat = get32(s->s_feature_incompat);
	uint32_t unknown = incompat & ~(uint32_t)INCOMPAT_KNOWN;

	if (get16(s->s_magic) != EXT4_MAGIC)
		return mount_refuse(r, -EINVAL, "not an ext4 file system");
	if (get32(s->s_feature_ro_compat) & EXT4_RO_COMPAT_METADATA_CSUM &&
	    s->s_checksum_type != EXT4_CHECKSUM_CRC32C)
		return mount_refuse(r, -EINVAL, "ext4: unknown kind of checksum (%u)",
				    s->s_checksum_type);
	if (!ext4_csum_super_ok(s))
		return mount_refuse(r, -EIO,
				    "ext4: the superblock's checksum is wrong; run 'e2fsck FILE'");
	if (unknown)
		return mount_refuse(r, -EOPNOTSUPP, "ext4: the feature %s (0x%x) is not supported; "
				    "make the file system with '-O ^%s'",
				    name_of(unknown), unknown, name_of(unknown));
	if (incompat & EXT4_INCOMPAT_RECOVER && !(options & OPTION_NOLOAD))
		return mount_refuse(r, -EIO, "ext4: it was not unmounted cleanly; "
				    "run 'e2fsck FILE', or use the option noload");
	return 0;
}

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static int check_layout(struct mount_request *r, const struct ext4 *fs, const struct ext4_super *s)
{
	uint32_t bits_per_block = fs->sb.block_size * 8;
	uint64_t groups;

	if (!is_power_of_2(fs->inode_size) || fs->inode_size < EXT4_INODE_SIZE_MIN ||
	    fs->inode_size > fs->sb.block_size)
		return mount_refuse(r, -EIO, "ext4: bad superblock: inodes of %u bytes",
				    fs->inode_size);
	if (!is_power_of_2(fs->desc_size) || fs->desc_size < EXT4_DESC_SIZE_MIN ||
	    fs->desc_size > fs->sb.block_size)
		return mount_refuse(r, -EIO,
				    "ext4: bad superblock: group descriptors of %u bytes",
				    fs->desc_size);
	if (!fs->blocks_per_group || get32(s->s_clusters_per_group) > bits_per_block ||
	    !fs->inodes_per_group || fs->inodes_per_group > bits_per_block)
		return mount_refuse(r, -EIO,
				    "ext4: bad superblock: groups of %u blocks and %u inodes",
				    fs->blocks_per_group, fs->inodes_per_group);
	if (fs->first_data_block > EXT4_SUPER_OFFSET / fs->sb.block_size ||
	    fs->blocks <= fs->first_data_block)
		return mount_refuse(r, -EIO,
				    "ext4: bad superblock: block %u of %llu is the first",
				    fs->first_data_block, (unsigned long long)fs->blocks);
	groups = (fs->blocks - fs->first_data_block + fs->blocks_per_group - 1) /
		 fs->blocks_per_group;
	if (groups * fs->inodes_per_group != fs->inodes)
		return mount_refuse(r, -EIO, "ext4: bad superblock: %u inodes in %llu groups",
				    fs->inodes, (unsigned long long)groups);
	return 0;
}

static int check_size(struct mount_request *r, const struct ext4 *fs)
{
	uint64_t on_device = r->dev->sectors / (fs->sb.block_size / BLK_SECTOR_SIZE);

	if (fs->blocks <= on_device)
		return 0;
	return mount_refuse(r, -EIO,
			    "ext4: the disk ends after %llu of %llu blocks; the image is truncated",
			    (unsigned long long)on_device, (unsigned long long)fs->blocks);
}

/* --- from the superblock to struct ext4 --- */

static int set_block_size(struct mount_request *r, struct ext4 *fs, const struct ext4_super *s)
{
	uint32_t log = get32(s->s_log_block_size);

	if (log > 2)
		return mount_refuse(r, -EOPNOTSUPP, "ext4: blocks above 4 KiB are not supported; "
				    "make the file system with '-b 4096'");
	fs->block_bits = 10 + log;
	fs->sb.block_size = 1024u << log;
	if (r->dev->block_size > CACHE_PAGE_SIZE)
		return mount_refuse(r, -EOPNOTSUPP, "the disk's sectors of %u bytes are too large",
				    r->dev->block_size);
	return 0;
}

static void set_layout(struct ext4 *fs, const struct ext4_super *s)
{
	bool is_64bit = get32(s->s_feature_incompat) & EXT4_INCOMPAT_64BIT;
	bool dynamic = get32(s->s_rev_level) > 0;

	fs->blocks = get_lo_hi(s->s_blocks_count_lo, is_64bit ? get32(s->s_blocks_count_hi) : 0);
	fs->blocks_free = get_lo_hi(s->s_free_blocks_count_lo,
				    is_64bit ? get32(s->s_free_blocks_count_hi) : 0);
	fs->first_data_block = get32(s->s_first_data_block);
	fs->blocks_per_group = get32(s->s_blocks_per_group);
	fs->inodes = get32(s->s_inodes_count);
	fs->inodes_free = get32(s->s_free_inodes_count);
	fs->inodes_per_group = get32(s->s_inodes_per_group);
	fs->first_ino = dynamic ? get32(s->s_first_ino) : 11;
	fs->inode_size = dynamic ? get16(s->s_inode_size) : EXT4_INODE_SIZE_MIN;
	fs->desc_size = is_64bit ? get16(s->s_desc_size) : EXT4_DESC_SIZE_MIN;
	fs->first_meta_bg = get32(s->s_first_meta_bg);
	fs->backup_bgs[0] = get32(s->s_backup_bgs[0]);
	fs->backup_bgs[1] = get32(s->s_backup_bgs[1]);
}

static void set_features(struct ext4 *fs, const struct ext4_super *s)
{
	fs->compat = get32(s->s_feature_compat);
	fs->incompat = get32(s->s_feature_incompat);
	fs->ro_compat = get32(s->s_feature_ro_compat);
	fs->metadata_csum = fs->ro_compat & EXT4_RO_COMPAT_METADATA_CSUM;
	fs->gdt_csum = fs->ro_compat & EXT4_RO_COMPAT_GDT_CSUM;
	fs->hash_unsigned = get32(s->s_flags) & EXT4_FLAGS_UNSIGNED_HASH;
	memcpy(fs->hash_seed, s->s_hash_seed, sizeof(fs->hash_seed));
	memcpy(fs->uuid, s->s_uuid, sizeof(fs->uuid));
	fs->csum_seed = fs->incompat & EXT4_INCOMPAT_CSUM_SEED
				? get32(s->s_checksum_seed)
				: ext4_crc32c(~0u, fs->uuid, sizeof(fs->uuid));
}

static int use_super(struct mount_request *r, struct ext4 *fs, const struct ext4_super *s,
		     unsigned options)
{
	int error = check_features(r, s, options);

	if (!error)
		error = set_block_size(r, fs, s);
	if (error)
		return error;
	set_layout(fs, s);
	set_features(fs, s);
	error = check_layout(r, fs, s);
	if (!error)
		error = check_size(r, fs);
	if (!error && get16(s->s_state) & EXT4_STATE_ERROR)
		log_warn("ext4 %s: it is marked as having errors; run 'e2fsck -f FILE'",
			 r->dev->name);
	if (!error && fs->incompat & EXT4_INCOMPAT_RECOVER)
		log_warn("ext4 %s: mounted without its journal: the last writes may be missing",
			 r->dev->name);
	return error;
}

static int read_super(struct mount_request *r, struct ext4 *fs, unsigned options)
{
	struct cache_page *page;
	int error = cache_get(r->dev, EXT4_SUPER_OFFSET / CACHE_PAGE_SIZE, 0, &page);

	if (error)
		return mount_refuse(r, error, "the disk cannot be read");
	error = use_super(r, fs, (const void *)(page->data + EXT4_SUPER_OFFSET % CACHE_PAGE_SIZE),
			  options);
	cache_put(page);
	return error;
}

/* --- mounting --- */

static int ext4_statfs(struct superblock *sb, struct vfs_statfs *st)
{
	struct ext4 *fs = container_of(sb, struct ext4, sb);

	*st = (struct vfs_statfs){
		.block_size = sb->block_size, .blocks = fs->blocks, .blocks_free = fs->blocks_free,
		.files = fs->inodes, .files_free = fs->inodes_free, .name_max = VFS_NAME_MAX,
	};
	return 0;
}

static void ext4_unmount(struct superblock *sb)
{
	struct ext4 *fs = container_of(sb, struct ext4, sb);

	ext4_forget_nodes(fs);
	cache_drop(sb->dev);
	kfree(fs->hints);
	kfree(fs);
}

static int get_root(struct mount_request *r, struct ext4 *fs)
{
	int error = ext4_iget(fs, EXT4_ROOT_INO, &fs->sb.root);

	if (error)
		return mount_refuse(r, error,
				    "ext4: the root directory is damaged; run 'e2fsck -f FILE'");
	if (S_ISDIR(fs->sb.root->mode))
		return 0;
	inode_put(fs->sb.root);
	return mount_refuse(r, -EIO, "ext4: the root is not a directory; run 'e2fsck -f FILE'");
}

static int ext4_mount(struct mount_request *r, struct superblock **out)
{
	struct ext4 *fs;
	unsigned options;
	int error = mount_options(r, option_names, &options);

	if (error)
		return error;
	fs = kzalloc(sizeof(*fs));
	if (!fs)
		return -ENOMEM;
	fs->sb.dev = r->dev;
	fs->sb.read_only = true;
	fs->sb.statfs = ext4_statfs;
	fs->sb.unmount = ext4_unmount;
	list_init(&fs->idle);
	error = read_super(r, fs, options);
	if (!error)
		error = get_root(r, fs);
	if (error) {
		ext4_unmount(&fs->sb);
		return error;
	}
	ext4_hints_init(fs);
	*out = &fs->sb;
	return 0;
}

/* Global, because the builder pulls this archive in by the name. */
extern const struct filesystem ext4_filesystem;
const struct filesystem ext4_filesystem = {
	.name = "ext4",
	.mount = ext4_mount,
};
FILESYSTEM(ext4_filesystem);
